import type { ReactNode } from "react";
import type { Rollout, RolloutTest } from "../api/servingTypes";
import { count } from "../format/numbers";
import { StateLabel } from "../ui/State";
import { ePlace, eText, marginWords, metricWords, rateText, verdictWords } from "./rollout";
import styles from "./Endpoints.module.css";

/** An e-value against its threshold. Each tick is a power of ten; 1, where every test begins, has a longer one. */
function Evidence({ name, e, needed, tone }: { name: string; e: number; needed: number; tone: "good" | "bad" }): ReactNode {
  const powers = [-2, -1, 0, 1, 2, 3, 4].map((power) => 10 ** power).filter((tick) => ePlace(tick, needed) < 1);
  const start = ePlace(1, needed);
  const place = ePlace(e, needed);
  return (
    <div className={styles.evidence} data-tone={tone}>
      <span>{name}</span>
      <div className={styles.scale} role="meter" aria-label={name} aria-valuemin={0} aria-valuemax={needed} aria-valuenow={Math.min(e, needed)} aria-valuetext={`e-value ${eText(e)} of ${eText(needed)} needed`}>
        {powers.map((tick) => (
          <i key={tick} data-one={tick === 1 || undefined} style={{ left: `${ePlace(tick, needed) * 100}%` }} />
        ))}
        <span style={{ left: `${Math.min(start, place) * 100}%`, width: `${Math.abs(place - start) * 100}%` }} data-against={place < start || undefined} />
        <b style={{ left: `${ePlace(needed, needed) * 100}%` }} />
      </div>
      <span className={styles.eValue}>
        <b>{eText(e)}</b> of {eText(needed)}
      </span>
    </div>
  );
}

function Test({ test }: { test: RolloutTest }): ReactNode {
  const arms = [["Control", test.control], ["Canary", test.canary]] as const;
  return (
    <article className={styles.test} aria-label={metricWords[test.metric]}>
      <header>
        <h4>{metricWords[test.metric]}</h4>
        <StateLabel state={test.verdict}>{verdictWords(test)}</StateLabel>
      </header>
      <dl className={styles.arms}>
        {arms.map(
          ([name, arm]) =>
            !(name === "Control" && test.metric === "disagreement") && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  {rateText(arm.rate)}{" "}
                  <small>
                    {count(arm.k)} of {count(arm.n)}
                  </small>
                </dd>
              </div>
            ),
        )}
        <div>
          <dt>Margin</dt>
          <dd>
            <small>
              {marginWords(test)}
              {test.slowerThanMs != null && `; slow is over ${Number(test.slowerThanMs.toPrecision(3))} ms`}
            </small>
          </dd>
        </div>
      </dl>
      <Evidence name="That it does harm" e={test.eRollback} needed={test.needed} tone="bad" />
      <Evidence name="That it keeps the margin" e={test.eAdvance} needed={test.needed} tone="good" />
    </article>
  );
}

/** What the stage has shown of each metric. */
export function RolloutTests({ rollout }: { rollout: Rollout }): ReactNode {
  if (rollout.tests.length === 0) return null;
  return (
    <>
      <p className={styles.under}>
        Evidence as e-values, on a logarithmic scale: they may be looked at at any time, and who goes by the line errs at most once in {Math.round(1 / rollout.alpha)} rollouts.
      </p>
      <div className={styles.tests}>
        {rollout.tests.map((test) => (
          <Test key={test.metric} test={test} />
        ))}
      </div>
    </>
  );
}
