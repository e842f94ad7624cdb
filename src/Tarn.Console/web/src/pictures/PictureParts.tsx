import { useState, type ReactNode } from "react";
import type { PictureAnswer } from "../api/servingTypes";
import { ErrorNote } from "../ui/Answer";
import { labelWords, scoresOf, scoreText, timingsOf } from "./pictures";
import type { Asked } from "./usePictures";
import styles from "./Pictures.module.css";

/** The picture itself. One by its address is fetched by the server; the browser asks no other host for it. */
export function PictureFrame({ of }: { of: Pick<Asked, "name" | "preview" | "source"> }): ReactNode {
  const [broken, setBroken] = useState(false);
  if (of.preview !== null) {
    return <div className={styles.frame}>{broken ? <span className={styles.broken}>{of.name} cannot be shown here.</span> : <img src={of.preview} alt={of.name} onError={() => setBroken(true)} />}</div>;
  }
  const address = String(of.source);
  return (
    <div className={styles.frame} data-address>
      <span>Fetched by the server</span>
      <a href={address} target="_blank" rel="noreferrer noopener">
        {address.replace(/^https?:\/\//, "")}
      </a>
    </div>
  );
}

/** Each label's score as a bar, the best first. */
export function ScoreBars({ answer }: { answer: Pick<PictureAnswer, "scores" | "label"> }): ReactNode {
  return (
    <ul className={styles.scores} aria-label="Scores">
      {scoresOf(answer).map(([label, score]) => (
        <li key={label} data-best={label === answer.label || undefined}>
          <span>{labelWords(label)}</span>
          <span className={styles.track} aria-hidden>
            <span style={{ width: `${Math.max(0.5, score * 100)}%` }} />
          </span>
          <b>{scoreText(score)}</b>
        </li>
      ))}
    </ul>
  );
}

/** How long each step took. */
export function Timings({ answer }: { answer: Pick<PictureAnswer, "timings" | "total_ms"> }): ReactNode {
  return (
    <dl className={styles.timings} aria-label="Time taken">
      {timingsOf(answer).map(([name, ms]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms</dd>
        </div>
      ))}
    </dl>
  );
}

const thumb = "M6 13V7.200L9.200 1.500c1 0 1.800.8 1.800 1.800L10.400 6H14c.8 0 1.300.7 1.100 1.500l-1.300 5c-.2.600-.7 1-1.300 1H6zM1.500 7H4v6.500H1.500z";

/** Right or wrong, for those who know better. */
export function Judge({ isRight, error, onJudge }: { isRight: boolean | null; error?: unknown; onJudge: (isRight: boolean) => void }): ReactNode {
  return (
    <div className={styles.judge}>
      <div role="group" aria-label="Is the answer right?">
        {[true, false].map((right) => (
          <button key={String(right)} type="button" aria-pressed={isRight === right} data-right={right} onClick={() => onJudge(right)}>
            <svg viewBox="0 0 16 15" width="18" height="17" aria-hidden style={right ? undefined : { transform: "rotate(180deg)" }}>
              <path d={thumb} fill="currentColor" />
            </svg>
            {right ? "Right" : "Wrong"}
          </button>
        ))}
      </div>
      <span role="status">{isRight === null ? "" : "Noted. Thank you."}</span>
      {error !== null && error !== undefined && <ErrorNote error={error} />}
    </div>
  );
}
