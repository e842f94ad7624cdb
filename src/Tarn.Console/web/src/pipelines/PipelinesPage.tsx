import type { ReactNode } from "react";
import { usePipelines } from "../api/queries";
import { PageHead, Panel } from "../ui/Panel";
import { useTitle } from "../ui/title";
import { PipelineList } from "./PipelineList";
import { RunList } from "./RunList";

export default function PipelinesPage(): ReactNode {
  useTitle("Pipelines");
  const pipelines = usePipelines();
  return (
    <>
      <PageHead title="Pipelines" />
      <Panel title="All pipelines" flush>
        <PipelineList of={pipelines} />
      </Panel>
      <RunList pipelines={(pipelines.data ?? []).map((pipeline) => pipeline.name)} />
    </>
  );
}
