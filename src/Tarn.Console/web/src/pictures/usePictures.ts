import { useCallback, useEffect, useRef, useState } from "react";
import { askPicture, sendFeedback } from "../api/serving";
import type { PictureAnswer } from "../api/servingTypes";
import { nameOf, prepared, type PictureSource } from "./pictures";

/** A picture that was asked about, and what came of it. */
export interface Asked {
  id: number;
  name: string;
  source: PictureSource;
  /** What an image element can show; null for one that only the server fetches. */
  preview: string | null;
  answer: PictureAnswer | null;
  error: unknown;
  /** What was said of the answer; null where nothing was. */
  isRight: boolean | null;
  /** Why that could not be kept. */
  feedbackError: unknown;
}

export interface Pictures {
  asked: readonly Asked[];
  add: (sources: readonly PictureSource[]) => void;
  retry: (id: number) => void;
  judge: (id: number, isRight: boolean) => void;
  clear: () => void;
}

/** So many are asked about at once; the others wait. */
const mostAtOnce = 4;
/** So many are shown; older ones go. */
const mostKept = 60;

/** Pictures that an endpoint is asked about, the newest first. */
export function usePictures(endpoint: string): Pictures {
  const [asked, setAsked] = useState<readonly Asked[]>([]);
  const next = useRef(1);
  const waiting = useRef<{ id: number; source: PictureSource }[]>([]);
  const running = useRef(0);
  const previews = useRef(new Set<string>());
  const ended = useRef(new AbortController());

  useEffect(() => {
    ended.current = new AbortController();
    return () => {
      ended.current.abort();
      for (const preview of previews.current) URL.revokeObjectURL(preview);
      previews.current.clear();
    };
  }, []);

  const change = useCallback((id: number, patch: Partial<Asked>) => setAsked((all) => all.map((one) => (one.id === id ? { ...one, ...patch } : one))), []);

  const work = useCallback(() => {
    while (running.current < mostAtOnce) {
      const one = waiting.current.shift();
      if (one === undefined) return;
      running.current++;
      const { signal } = ended.current;
      void (async () => {
        try {
          const answer = await askPicture(endpoint, typeof one.source === "string" ? one.source : await prepared(one.source), signal);
          change(one.id, { answer, error: null });
        } catch (error) {
          if (!signal.aborted) change(one.id, { error });
        } finally {
          running.current--;
          work();
        }
      })();
    }
  }, [endpoint, change]);

  const add = useCallback(
    (sources: readonly PictureSource[]) => {
      const made = sources.map<Asked>((source) => {
        const preview = typeof source === "string" ? null : URL.createObjectURL(source);
        if (preview !== null) previews.current.add(preview);
        return { id: next.current++, name: nameOf(source), source, preview, answer: null, error: null, isRight: null, feedbackError: null };
      });
      waiting.current.push(...made);
      setAsked((all) => [...made, ...all].slice(0, mostKept));
      work();
    },
    [work],
  );

  const retry = useCallback(
    (id: number) => {
      const one = asked.find((other) => other.id === id);
      if (one === undefined) return;
      change(id, { error: null });
      waiting.current.push(one);
      work();
    },
    [asked, change, work],
  );

  const judge = useCallback(
    (id: number, isRight: boolean) => {
      const one = asked.find((other) => other.id === id);
      if (one?.answer == null) return;
      change(id, { isRight, feedbackError: null });
      sendFeedback(endpoint, one.answer.prediction_id, isRight).catch((feedbackError: unknown) => change(id, { isRight: null, feedbackError }));
    },
    [asked, change, endpoint],
  );

  const clear = useCallback(() => {
    waiting.current = [];
    for (const preview of previews.current) URL.revokeObjectURL(preview);
    previews.current.clear();
    setAsked([]);
  }, []);

  return { asked, add, retry, judge, clear };
}
