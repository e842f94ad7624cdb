/** Charts for a system's page, imported as "@tarn/console/charts": lazily, since ECharts is large. */
export { Chart, type ChartEvents } from "./Chart";
export { echarts } from "./echarts";
export { usePalette, type Palette } from "./palette";
export type { EChartsOption } from "echarts";
export type { EChartsType } from "echarts/core";
