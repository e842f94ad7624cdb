import { lazy, type ComponentType, type LazyExoticComponent } from "react";

/** A page that a system brings: systems/X/web/page.tsx, whose default export is shown at /x. */
export interface SystemPage {
  path: string;
  name: string;
  Page: LazyExoticComponent<ComponentType>;
}

const found = import.meta.glob<{ default: ComponentType }>("../../../../systems/*/web/page.tsx");

/** The folder's name in a page's path: "../../../../systems/Quakes/web/page.tsx" → "Quakes". */
export const systemOf = (file: string): string => /systems\/([^/]+)\/web\/page\.tsx$/.exec(file)?.[1] ?? file;

export const systemPages: readonly SystemPage[] = Object.entries(found).map(([file, load]) => ({
  path: `/${systemOf(file).toLowerCase()}`,
  name: systemOf(file),
  Page: lazy(load),
}));
