import { BarChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GeoComponent, GridComponent, LegendComponent, MarkPointComponent, ParallelComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

// Only what the pages draw: the whole of ECharts is three times this.
echarts.use([
  BarChart,
  LineChart,
  ParallelChart,
  ScatterChart,
  AriaComponent,
  GeoComponent,
  GridComponent,
  LegendComponent,
  MarkPointComponent,
  ParallelComponent,
  TooltipComponent,
  CanvasRenderer,
]);

export { echarts };
