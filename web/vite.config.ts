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
  plugins: [withoutFonts(), react()],
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
