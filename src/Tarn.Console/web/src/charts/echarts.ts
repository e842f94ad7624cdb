import { BarChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GeoComponent, GridComponent, MarkPointComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

// Only what the pages draw: the whole of ECharts is three times this.
echarts.use([
  BarChart,
  ScatterChart,
  AriaComponent,
  GeoComponent,
  GridComponent,
  MarkPointComponent,
  TooltipComponent,
  CanvasRenderer,
]);

export { echarts };
