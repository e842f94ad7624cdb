import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vitest/config";

const web = fileURLToPath(new URL(".", import.meta.url));
const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** A system's page lies in systems/X/web, where no node_modules is: its bare imports are resolved as if the console made them. */
function systemPages(): Plugin {
  const systems = `${repository}systems/`;
  return {
    name: "tarn-system-pages",
    enforce: "pre",
    async resolveId(source, importer, options) {
      if (importer === undefined || !importer.startsWith(systems) || /^[./\0]/.test(source)) return null;
      return this.resolve(source, `${web}src/main.tsx`, { ...options, skipSelf: true });
    },
  };
}

// `npm run dev` speaks to a server that runs already: TARN_SERVER, default the usual port.
const server = process.env["TARN_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: web,
  plugins: [systemPages(), react()],
  resolve: {
    alias: [
      { find: "@tarn/console/charts", replacement: `${web}src/charts/index.ts` },
      { find: /^@tarn\/console$/, replacement: `${web}src/sdk.ts` },
    ],
    dedupe: ["react", "react-dom", "@mantine/core", "@mantine/hooks", "@tanstack/react-query"],
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // Nothing is inlined, so that a policy of 'self' for scripts and fonts holds.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 700,
  },
  server: {
    fs: { allow: [repository] },
    proxy: { "/api": { target: server, changeOrigin: true }, "/v1": { target: server, changeOrigin: true }, "/health": { target: server, changeOrigin: true } },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.ts", "../../../systems/*/web/**/*.test.ts"],
    // No bound of speed, only an end for what never comes: the machine may be busy with the other suites.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
