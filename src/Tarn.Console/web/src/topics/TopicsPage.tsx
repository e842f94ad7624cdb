import type { ReactNode } from "react";
import { useTopics } from "../api/queries";
import { PageHead, Panel } from "../ui/Panel";
import { useTitle } from "../ui/title";
import { TopicList } from "./TopicList";

export default function TopicsPage(): ReactNode {
  useTitle("Topics");
  return (
    <>
      <PageHead title="Topics" />
      <Panel title="All topics" flush>
        <TopicList of={useTopics()} />
      </Panel>
    </>
  );
}
