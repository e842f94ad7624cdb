import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { ApiError, post } from "../api/client";
import { ErrorNote } from "../ui/Answer";
import { useTitle } from "../ui/title";
import type { Session } from "./session";
import styles from "./Session.module.css";

/** Asks for a key; a cookie that no script can read stands for it from then on. */
export function LoginPage({ onIn, wasIn }: { onIn: () => void; wasIn?: string }): ReactNode {
  const [text, setText] = useState("");
  const queries = useQueryClient();
  useTitle("Log in");
  const enter = useMutation({
    mutationFn: () => post<Session>("/session", { key: text.trim() }),
    onSuccess: (session) => {
      setText("");
      queries.setQueryData(["session"], session);
      onIn();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <main className={styles.login}>
      <div>
        <span className={styles.logo}>
          <svg viewBox="0 0 32 26" width="34" height="28" aria-hidden>
            <path d="M1 13 11 1l6 8 3.500-4.500L31 13z" fill="#9fd3cf" />
            <path d="M1 15h30c-2 6-7 10-15 10S3 21 1 15z" fill="#3fa7a3" />
            <path d="M8 18.500h16M12 21.500h8" stroke="#123840" strokeWidth="1.200" strokeLinecap="round" />
          </svg>
          tarn
        </span>
        <section className={styles.card} aria-labelledby="login">
          <h1 id="login">Log in</h1>
          <p className={styles.quiet}>{wasIn === undefined ? "This server asks who you are." : `The session of ${wasIn} has ended. Log in again, and go on where you were.`}</p>
          <form className={styles.form} onSubmit={submit}>
            <input type="text" name="username" autoComplete="username" value="tarn" readOnly hidden />
            <TextInput
              size="md"
              label="Key"
              type="password"
              name="password"
              autoComplete="current-password"
              placeholder="tarn_…"
              autoFocus
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            {enter.error instanceof ApiError && enter.error.status === 401 ? (
              <p role="alert" className={styles.bad}>
                {enter.error.rule ?? enter.error.message}
              </p>
            ) : (
              enter.error !== null && <ErrorNote error={enter.error} />
            )}
            <Button type="submit" size="md" loading={enter.isPending} disabled={text.trim() === ""}>
              Log in
            </Button>
          </form>
          <p className={styles.quiet}>
            An admin makes keys under Settings, or on the server’s machine: <code>tarn keys create NAME --role viewer</code>
          </p>
        </section>
      </div>
    </main>
  );
}
