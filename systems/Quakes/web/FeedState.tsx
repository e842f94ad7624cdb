import { Ago, StateLabel, useNow } from "@tarn/console";
import type { ReactNode } from "react";
import { useFeed } from "./data";
import styles from "./quakes.module.css";

const kinds = { live: "live feed of the USGS", simulated: "simulated feed", replay: "replay of recorded feeds" } as const;

/** Where the events come from, whether that goes well, and how old the newest answer is. */
export function FeedState({ shownAt }: { shownAt: number }): ReactNode {
  const feed = useFeed();
  useNow();
  const data = feed.data;
  return (
    <div className={styles.feed}>
      {data === undefined ? (
        <span className="muted">{feed.error === null ? "asking for the feed's state…" : "the feed's state is not known"}</span>
      ) : (
        <>
          <span className={styles.kind} data-kind={data.kind} title={data.url}>
            {kinds[data.kind] ?? data.kind}
          </span>
          <StateLabel state={data.state} />
          {data.lastSuccessAt ? (
            <span>
              last answer <Ago at={data.lastSuccessAt} />
            </span>
          ) : (
            <span>no answer yet</span>
          )}
          {data.generated && (
            <span className="muted">
              as generated <Ago at={data.generated} />
            </span>
          )}
        </>
      )}
      {shownAt > 0 && (
        <span className="muted">
          page updated <Ago at={shownAt} />
        </span>
      )}
      {data?.state === "failing" && data.lastError && (
        <p className={styles.feedError} role="alert">
          {data.lastError}
        </p>
      )}
    </div>
  );
}
