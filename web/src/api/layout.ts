// Made by console/types from graph/layout.go; do not edit.

/** Layout is a definition laid out. Lengths are pixels at a zoom of 1, from the top left corner. */
export interface Layout {
  width: number;
  height: number;
  /** a container comes before what is in it, else in the order of reading */
  nodes: LayoutNode[];
  edges: LayoutEdge[];
}

/** Node is a state, or the start or the end of the definition. Inner scopes have neither. */
export interface LayoutNode {
  /** JSON pointer of the state in the definition; #start or #end */
  id: string;
  kind: LayoutKind;
  /** of the state */
  name: string;
  /** of the state, as the definition spells it */
  type?: string;
  /** a second line: what a Task calls, how long a Wait takes */
  label?: string;
  /** id of the container it is in */
  parent?: string;
  /** which branch of a Parallel it is in */
  branch: number;
  /** of the whole picture, also in a container */
  x: number;
  y: number;
  width: number;
  height: number;
  /** Mode is that of a Map: INLINE or DISTRIBUTED. */
  mode?: string;
  /** Unreachable: no way leads to the state from the start of its scope. */
  unreachable?: boolean;
  /** Closed: a container that is drawn without what is in it, which was asked for. */
  closed?: boolean;
}

/** Kind tells what a Node is. */
export type LayoutKind = "state" | "container" | "start" | "end";

/** Edge leads from one node to another of the same scope. */
export interface LayoutEdge {
  /** JSON pointer of what says it: /States/A/Next, /States/A/Choices/0, /StartAt; /States/A#end of a Succeed */
  id: string;
  from: string;
  to: string;
  kind: LayoutEdgeKind;
  /** of a rule of a Choice: its condition, in short; of a Catch: its errors */
  label?: string;
  /** the whole of a label that was cut */
  text?: string;
  /** of a line of straight pieces with round corners */
  points: LayoutPoint[];
  /** the middle of the label */
  at: LayoutPoint;
  /** it closes a loop */
  back?: boolean;
}

/** EdgeKind tells why an Edge is there. */
export type LayoutEdgeKind = "next" | "choice" | "default" | "catch";

/** Point is a place in the picture. */
export interface LayoutPoint {
  x: number;
  y: number;
}
