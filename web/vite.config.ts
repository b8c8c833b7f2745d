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

// Which package goes into which file. What every page needs is one file; what few need comes with them.
function chunkOf(id: string): string | undefined {
  if (!id.includes('node_modules')) return undefined;
  if (/node_modules\/(@xyflow|d3-|zustand|classcat)/.test(id)) return 'flow';
  if (/node_modules\/(@codemirror|@lezer|style-mod|w3c-keyname|crelt|@marijn)/.test(id)) return 'editor';
  if (/node_modules\/(react|react-dom|scheduler|@tanstack)\//.test(id)) return 'vendor';
  return undefined;
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
        chunkFileNames: 'assets/[name].js',
        assetFileNames: 'assets/[name][extname]',
        manualChunks: chunkOf,
      },
    },
  },
  server: {
    proxy: { '/api': { target: process.env.STATELARK_ENDPOINT ?? 'http://127.0.0.1:8083' } },
  },
  test: { environment: 'node', include: ['src/**/*.test.{ts,tsx}'] },
} as Parameters<typeof defineConfig>[0]);
