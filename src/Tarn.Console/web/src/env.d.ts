/// <reference types="vite/client" />

declare module "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
declare module "@fontsource/atkinson-hyperlegible-mono/latin-400.css";
