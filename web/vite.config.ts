import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import react from '@vitejs/plugin-react';

// Cloudscape's global styles hold eight fonts as data, 183 KB of 190. The fonts of the system do.
function withoutFonts(): Plugin {
  return {
    name: 'without-fonts',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('global-styles/index.css')) return null;
      return { code: code.replace(/@font-face\s*\{[^}]*\}/g, ''), map: null };
    },
  };
}

// The names of Cloudscape's variables end in a hash of its components' release, and its package of tokens is of another
// release. So the names are taken from the components' own style sheet.
function namesOfTokens(): Plugin {
  const sheet = join(dirname(createRequire(import.meta.url).resolve('@cloudscape-design/components/package.json')), 'internal/base-theme/styles.scoped.css');
  const names = new Map<string, string>();
  for (const [name] of readFileSync(sheet, 'utf8').matchAll(/--[a-z][a-z0-9-]*-[a-z0-9]{6}(?=:)/g)) names.set(name.slice(0, -7), name);
  return {
    name: 'names-of-tokens',
    enforce: 'pre',
    transform(code, id) {
      if (!/design-tokens\/index\.js$/.test(id)) return null;
      return { code: code.replace(/var\((--[a-z0-9-]+)-[a-z0-9]{6},/g, (whole, name: string) => (names.has(name) ? `var(${names.get(name)},` : whole)), map: null };
    },
  };
}

// Which module goes into which file, by the first that fits. What every page needs is two files; what few need comes with
// them. Every file has a name that does not hang on what else there is.
const groups = [
  { name: 'flow', test: /node_modules\/(@xyflow|d3-|zustand|classcat)|src\/graph\// },
  { name: 'editor', test: /node_modules\/(@codemirror|@lezer|style-mod|w3c-keyname|crelt|@marijn)|src\/editor\// },
  { name: 'text', test: /node_modules\/jsonc-parser|src\/studio\// },
  { name: 'history', test: /src\/history\// },
  {
    name: 'more', // what the first page does not need
    test: /components\/(attribute-editor|autosuggest|cards|file-token-group|file-upload|item-card|multiselect|progress-bar|segmented-control|slider|tag-editor)\//,
  },
  { name: 'vendor', test: /node_modules|preload-helper/ },
  { name: 'executions', test: /src\/parts\/executions\/(?!ExecutionTable|live)/ },
  { name: 'console', test: /src\/(api|app|parts)\// },
].map((group, i) => ({ ...group, priority: 100 - i }));

// nameOf calls a page's file by its folder.
function nameOf(chunk: { name: string; facadeModuleId?: string | null }): string {
  const page = /src\/pages\/(\w+)\/index\.tsx/.exec(chunk.facadeModuleId ?? '');
  return page ? `assets/page-${page[1]}.js` : 'assets/[name].js';
}

// The names of files are stable, so that a build changes what it changes: they are in the repository.
export default defineConfig({
  base: '/console/',
  plugins: [withoutFonts(), namesOfTokens(), react()],
  worker: { format: 'es', rolldownOptions: { output: { entryFileNames: 'assets/[name].js' } } },
  build: {
    outDir: '../console/dist',
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: false,
    chunkSizeWarningLimit: 4000,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/[name].js',
        chunkFileNames: nameOf,
        assetFileNames: 'assets/[name][extname]',
        codeSplitting: { groups, includeDependenciesRecursively: false },
      },
    },
  },
  server: {
    proxy: { '/api': { target: process.env.STATELARK_ENDPOINT ?? 'http://127.0.0.1:8083' } },
  },
  test: { environment: 'node', include: ['src/**/*.test.{ts,tsx}'] },
} as Parameters<typeof defineConfig>[0]);
