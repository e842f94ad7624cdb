import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { onUnknown } from "../api/client";
import { Loading } from "../ui/Answer";
import { LoginPage } from "./LoginPage";
import { gateOf, useSession, type Gate } from "./session";

/**
 * Shows the console to whom the server knows, and asks everybody else for a key. The address stays, so that whoever logs in is where they wanted to be; a page that was open
 * when a session ended stays as it was behind the question, with all that was typed into it.
 */
export function SessionGate({ children }: { children: (who: number) => ReactNode }): ReactNode {
  const session = useSession();
  const queries = useQueryClient();
  const [ended, setEnded] = useState(false);
  // Counts log-ins: what belongs to one begins anew with the next.
  const [who, setWho] = useState(0);

  useEffect(() => onUnknown(() => setEnded(true)), []);
  const onIn = useCallback(() => {
    setEnded(false);
    setWho((count) => count + 1);
    void queries.invalidateQueries();
  }, [queries]);

  const stood = useRef<Gate>("asking");
  stood.current = gateOf(session, stood.current);
  if (stood.current === "asking") return <Loading rows={3} what="console" />;
  if (stood.current === "login") return <LoginPage onIn={onIn} />;
  return (
    <>
      {ended && <LoginPage onIn={onIn} wasIn={session.data?.name} />}
      <div hidden={ended} inert={ended}>
        {children(who)}
      </div>
    </>
  );
}
