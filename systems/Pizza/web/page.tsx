import { Answer, Empty, MeaningNotes, PageHead, PictureInput, useEndpoint, usePictures, useTitle, type Endpoint } from "@tarn/console";
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { PizzaCard } from "./PizzaCard";
import styles from "./pizza.module.css";
import { answeringWords, readinessOf } from "./verdict";

const endpointName = "pizza";

function Untrained(): ReactNode {
  return (
    <section className={styles.untrained}>
      <h2>There is no model yet</h2>
      <p>It learns from a folder of photographs, with a folder in it for each class:</p>
      <pre>./tarn train pizza --images photos/</pre>
      <p>Without photographs it draws pictures to learn from, which takes a minute or two:</p>
      <pre>./tarn train pizza</pre>
      <p>
        Or start the pipeline from <Link href="/pipelines/pizza-training">its page</Link>. When a champion is there, this page is ready by itself.
      </p>
    </section>
  );
}

/** Drawn pictures are no photographs: whoever asks about one has to know. */
function Synthetic(): ReactNode {
  return (
    <aside className={styles.synthetic} aria-label="Synthetic model">
      <strong>This model is synthetic</strong>
      <span>
        It learned from drawn pictures, not from photographs, so what it says of a photograph means little. Train it with yours: <code>./tarn train pizza --images photos/</code>
      </span>
    </aside>
  );
}

function Asking({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const pictures = usePictures(endpointName);
  const readiness = readinessOf(endpoint);
  if (readiness === "untrained" && pictures.asked.length === 0) return <Untrained />;
  return (
    <>
      {endpoint.synthetic === true && <Synthetic />}
      <MeaningNotes of={readiness === "ready" ? [] : endpoint.variants.filter((variant) => variant.share > 0)} />
      <PictureInput onPictures={pictures.add} />
      {pictures.asked.length === 0 ? (
        <Empty title="Nothing asked yet">Pictures appear here with what the model says of them.</Empty>
      ) : (
        <>
          <div className={styles.listHead}>
            <h2>Asked</h2>
            <Button variant="subtle" size="compact-sm" onClick={pictures.clear}>
              Clear
            </Button>
          </div>
          <ul className={styles.cards} aria-label="Pictures asked about, newest first">
            {pictures.asked.map((one) => (
              <li key={one.id}>
                <PizzaCard asked={one} onRetry={() => pictures.retry(one.id)} onJudge={(isRight) => pictures.judge(one.id, isRight)} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

export default function PizzaPage(): ReactNode {
  useTitle("Pizza");
  const endpoint = useEndpoint(endpointName);
  const answering = endpoint.data === undefined ? "" : answeringWords(endpoint.data);
  const ready = endpoint.data !== undefined && readinessOf(endpoint.data) === "ready";
  return (
    <div className={styles.page}>
      <PageHead
        title="Is it pizza?"
        lead={
          ready && (
            <>
              <Link href={`/models/${encodeURIComponent(endpoint.data.model)}`}>{answering}</Link> of the model {answering.includes(" and ") ? "answer" : "answers"}, through <Link href={`/endpoints/${endpointName}`}>its endpoint</Link>.
            </>
          )
        }
      />
      <Answer
        of={endpoint}
        what="endpoint"
        absent={
          <Empty title="There is no endpoint named pizza">
            It was deleted. Starting the system again makes it anew; so does <Link href="/endpoints">New endpoint</Link>, with the model pizza.
          </Empty>
        }
      >
        {(data) => <Asking endpoint={data} />}
      </Answer>
    </div>
  );
}
