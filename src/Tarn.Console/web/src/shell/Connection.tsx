import type { ReactNode } from "react";
import { useStatus } from "../api/queries";
import { useLive } from "../api/stream";
import { Ago } from "../ui/Time";
import styles from "./Shell.module.css";

const words = { connecting: "Connecting…", open: "Live", reconnecting: "Reconnecting…" } as const;

/** Whether what is shown is kept current, and since when it is not. */
export function Connection(): ReactNode {
  const { connection, lastEventAt } = useLive();
  const version = useStatus().data?.version;
  return (
    <div className={styles.connection}>
      <span role="status" data-connection={connection}>
        <span className={styles.pulse} aria-hidden />
        {words[connection]}
      </span>
      {lastEventAt !== null && (
        <span className={styles.quiet}>
          last event <Ago at={lastEventAt} />
        </span>
      )}
      {version !== undefined && <span className={styles.quiet}>version {version}</span>}
    </div>
  );
}
