import { ErrorNote, Judge, Loading, PictureFrame, ScoreBars, scoreText, Timings, type Asked, type PictureAnswer } from "@tarn/console";
import type { ReactNode } from "react";
import styles from "./pizza.module.css";
import { isPizza, sureness, verdictOf } from "./verdict";

function Verdict({ answer }: { answer: PictureAnswer }): ReactNode {
  const pizza = isPizza(answer.label);
  return (
    <div className={styles.verdict} data-pizza={pizza || undefined}>
      <svg viewBox="0 0 32 32" width="44" height="44" aria-hidden>
        {pizza ? (
          <>
            <path d="M3.500 7.500C11 2.500 21 2.500 28.500 7.500L16 30z" fill="none" stroke="currentColor" strokeWidth="2.500" strokeLinejoin="round" />
            <path d="M6.500 11.500c6-3 13-3 19 0" fill="none" stroke="currentColor" strokeWidth="2" />
            <circle cx="13" cy="15" r="2" fill="currentColor" />
            <circle cx="19" cy="16.500" r="2" fill="currentColor" />
            <circle cx="16" cy="22" r="2" fill="currentColor" />
          </>
        ) : (
          <path d="M16 4.500a11.500 11.500 0 1 0 0 23a11.500 11.500 0 0 0 0-23zM8.200 23.800 23.800 8.200" fill="none" stroke="currentColor" strokeWidth="2.500" />
        )}
      </svg>
      <div>
        <h3>{verdictOf(answer.label)}</h3>
        <p>
          {scoreText(answer.probability)}, {sureness(answer.probability)}
        </p>
      </div>
    </div>
  );
}

/** A picture with what the model says of it. */
export function PizzaCard({ asked, onRetry, onJudge }: { asked: Asked; onRetry: () => void; onJudge: (isRight: boolean) => void }): ReactNode {
  const { answer } = asked;
  return (
    <article className={styles.card} aria-label={asked.name} aria-busy={answer === null && asked.error === null}>
      <PictureFrame of={asked} />
      <div className={styles.said}>
        <div aria-live="polite">{answer !== null && <Verdict answer={answer} />}</div>
        {answer === null && asked.error === null && <Loading rows={3} what="answer" />}
        {asked.error !== null && <ErrorNote error={asked.error} onRetry={onRetry} />}
        {answer !== null && (
          <>
            <ScoreBars answer={answer} />
            <Judge isRight={asked.isRight} error={asked.feedbackError} onJudge={onJudge} />
            <footer className={styles.foot}>
              <span>
                {asked.name} · version {answer.model_version} · variant {answer.variant}
              </span>
              <Timings answer={answer} />
            </footer>
          </>
        )}
      </div>
    </article>
  );
}
