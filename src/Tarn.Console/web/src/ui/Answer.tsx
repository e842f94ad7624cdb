import { Button, Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import styles from "./Answer.module.css";

/** An error with all that the server said: what happened, the rule, the remedy. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  const api = error instanceof ApiError ? error : null;
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div className={styles.error} role="alert">
      <strong>{api?.title ?? "This could not be shown"}</strong>
      {message !== api?.title && <pre>{message}</pre>}
      {api !== null && (
        <dl>
          {api?.value !== undefined && !message.includes(api.value) && <Fact name="Value" text={api.value} />}
          {api?.rule !== undefined && !message.includes(api.rule) && <Fact name="Rule" text={api.rule} />}
          {api?.remedy !== undefined && !message.includes(api.remedy) && <Fact name="Remedy" text={api.remedy} />}
        </dl>
      )}
      {onRetry !== undefined && (
        <div>
          <Button size="compact-xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}

function Fact({ name, text }: { name: string; text: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}

/** What stands where there is nothing yet, with what would change that. */
export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <div className={styles.empty}>
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

export function Loading({ rows = 4, what }: { rows?: number; what?: string }): ReactNode {
  return (
    <div className={styles.loading} role="status" aria-label={`Loading${what === undefined ? "" : ` ${what}`}`}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={13} width={`${[92, 74, 83, 61, 78][row % 5]}%`} radius="sm" />
      ))}
    </div>
  );
}

/** A query in all its states: loading, failed, empty, answered. An answer that has grown old stays, with the error above it. */
export function Answer<T>({ of, what, rows, empty, isEmpty, absent, children }: {
  of: UseQueryResult<T>;
  /** What stands where the server answers 404: it does not know of such a thing. */
  absent?: ReactNode;
  what?: string;
  rows?: number;
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
  children: (data: T) => ReactNode;
}): ReactNode {
  if (of.data === undefined) {
    if (absent !== undefined && of.error instanceof ApiError && of.error.status === 404) return absent;
    if (of.error !== null) return <ErrorNote error={of.error} onRetry={() => void of.refetch()} />;
    return <Loading rows={rows} what={what} />;
  }
  const nothing = empty !== undefined && (isEmpty === undefined ? Array.isArray(of.data) && of.data.length === 0 : isEmpty(of.data));
  return (
    <>
      {of.error !== null && !(of.error instanceof ApiError && of.error.unreachable) && <ErrorNote error={of.error} onRetry={() => void of.refetch()} />}
      {nothing ? empty : children(of.data)}
    </>
  );
}
