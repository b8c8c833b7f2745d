import { post } from '../../api/client';
import type { Converted } from '../../api/model';
import type { Config } from './config';
import { cdk, sam, terraform } from '../../studio/snippets';
import { drawn } from './picture';

function save(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// exportAs saves a workflow as a file of some form.
export async function exportAs(form: string, text: string, config: Config): Promise<void> {
  const name = config.name || 'workflow';
  switch (form) {
    case 'json':
      return save(`${name}.asl.json`, text, 'application/json');
    case 'yaml':
      return save(`${name}.asl.yaml`, (await post<Converted>('convert', { text, to: 'yaml' })).text, 'application/yaml');
    case 'svg':
      return save(`${name}.svg`, await drawn(text), 'image/svg+xml');
    case 'cdk':
      return save(`${name}-stack.ts`, cdk(name, text, config.type), 'text/plain');
    case 'sam':
      return save('template.yaml', sam(name, text, config.type), 'text/plain');
    case 'terraform':
      return save(`${name}.tf`, terraform(name, text, config.type), 'text/plain');
  }
}

