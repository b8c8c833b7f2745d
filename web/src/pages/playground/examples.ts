// What the playground begins with, and what people may look at.
export type Language = 'jsonata' | 'jsonpath' | 'template';

export interface Example {
  title: string;
  language: Language;
  expression: string;
  input: string;
  variables?: string;
}

const order = `{
  "order": {
    "id": "A-17",
    "items": [
      { "name": "lamp", "price": 40, "count": 2 },
      { "name": "chair", "price": 85, "count": 1 },
      { "name": "bulb", "price": 3, "count": 6 }
    ]
  }
}`;

export const examples: Example[] = [
  { title: 'Sum up', language: 'jsonata', input: order, expression: '$sum($states.input.order.items.(price * count))' },
  { title: 'Choose and reshape', language: 'jsonata', input: order, expression: '$states.input.order.items[price > 10].{ "what": name, "total": price * count }' },
  { title: 'Sort', language: 'jsonata', input: order, expression: '$sort($states.input.order.items, function($a, $b) { $a.price > $b.price }).name' },
  { title: 'Variables and the context', language: 'jsonata', input: '{ "step": 3 }', variables: '{ "total": 10 }', expression: '$states.context.Execution.Name & ": " & $string($states.input.step) & " of " & $string($total)' },
  { title: 'Functions of Step Functions', language: 'jsonata', input: '{ "text": "{\\"a\\": 1}" }', expression: '{ "id": $uuid(), "parts": $partition([1..7], 3), "parsed": $parse($states.input.text), "hash": $hash("abc", "SHA-256") }' },
  { title: 'A path with a filter', language: 'jsonpath', input: order, expression: '$.order.items[?(@.price > 10)].name' },
  { title: 'The last one', language: 'jsonpath', input: order, expression: '$.order.items[-1:]' },
  { title: 'A template', language: 'template', input: order, expression: `{
  "message.$": "States.Format('Order {} has {} lines', $.order.id, States.ArrayLength($.order.items))",
  "first.$": "$.order.items[0].name",
  "started.$": "$$.Execution.StartTime",
  "fixed": true
}` },
  { title: 'Intrinsic functions', language: 'template', input: '{ "list": [1, 2, 2, 3, 5, 8], "n": 2 }', expression: `{
  "unique.$": "States.ArrayUnique($.list)",
  "has.$": "States.ArrayContains($.list, 5)",
  "item.$": "States.ArrayGetItem($.list, $.n)",
  "sum.$": "States.MathAdd($.n, 40)",
  "range.$": "States.ArrayRange(1, 9, 2)",
  "parts.$": "States.ArrayPartition($.list, 4)",
  "code.$": "States.Base64Encode('Hello')"
}` },
];
