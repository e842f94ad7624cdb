import { useState, type ReactNode } from "react";
import { useLogOut, useSession } from "./session";
import styles from "./Session.module.css";

/** Who one is, and the way out; where the server asks nobody, nothing. */
export function Account(): ReactNode {
  const session = useSession().data;
  const logOut = useLogOut();
  const [error, setError] = useState<string | null>(null);
  if (session === undefined || session.authentication === "none") return null;
  return (
    <div className={styles.account}>
      <span>
        {session.name} <small>{session.role}</small>
      </span>
      {session.via === "session" && (
        <button
          type="button"
          onClick={() => {
            setError(null);
            logOut().catch((cause: unknown) => setError(cause instanceof Error ? cause.message : String(cause)));
          }}
        >
          Log out
        </button>
      )}
      {error !== null && <small role="alert">{error}</small>}
    </div>
  );
}
