import type { ReactNode } from "react";
import { useStatus } from "../api/queries";
import { ApiError } from "../api/client";
import { useLive } from "../api/stream";
import { Ago } from "../ui/Time";
import { withSimulation } from "./simulation";
import styles from "./Notices.module.css";

/** What everyone must know on every page: the server's own notices, and that it cannot be reached. */
export function Notices(): ReactNode {
  const status = useStatus();
  const { connection, opened } = useLive();
  const away = (status.error instanceof ApiError && status.error.unreachable) || connection === "reconnecting";
  const notices = withSimulation(status.data);
  if (!away && notices.length === 0) return null;
  return (
    <aside aria-label="Notices">
      <div className={styles.notices}>
        {away && (
          <div className={styles.notice} data-level="error" role="alert">
            <strong>{opened > 0 || status.data !== undefined ? "Connection lost" : "The server does not answer"}</strong>
            <span>{opened > 0 || status.data !== undefined ? "What you see may be old. The console tries again by itself." : "Start it with ./tarn up; the console tries again by itself."}</span>
          </div>
        )}
        {notices.map((notice) => (
          <div className={styles.notice} data-level={notice.level} key={notice.text}>
            <strong>{/simulat/i.test(notice.text) ? "Simulated data" : /replays|recorded/i.test(notice.text) ? "Recorded data" : notice.level === "error" ? "Error" : notice.level === "warning" ? "Warning" : "Note"}</strong>
            <span>{notice.text}</span>
            {notice.since && (
              <small>
                since <Ago at={notice.since} />
              </small>
            )}
          </div>
        ))}
      </div>
    </aside>
  );
}
