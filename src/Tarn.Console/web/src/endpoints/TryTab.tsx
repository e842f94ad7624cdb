import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useMemo, useState, type FormEvent, type ReactNode } from "react";
import { askJson, useServedModels } from "../api/serving";
import type { Endpoint } from "../api/servingTypes";
import { PictureInput } from "../pictures/PictureInput";
import { Judge, PictureFrame, ScoreBars, Timings } from "../pictures/PictureParts";
import { labelWords, scoreText } from "../pictures/pictures";
import { usePictures, type Asked } from "../pictures/usePictures";
import { Answer, Empty, ErrorNote, Loading } from "../ui/Answer";
import { exampleOf, jsonFault, tensorWords } from "./example";
import styles from "./Endpoints.module.css";

function PictureResult({ asked, onRetry, onJudge }: { asked: Asked; onRetry: () => void; onJudge: (isRight: boolean) => void }): ReactNode {
  const { answer } = asked;
  return (
    <article className={styles.result} aria-label={asked.name}>
      <PictureFrame of={asked} />
      <div>
        {answer === null && asked.error === null && <Loading rows={3} what="answer" />}
        {asked.error !== null && <ErrorNote error={asked.error} onRetry={onRetry} />}
        {answer !== null && (
          <>
            <p className={styles.answer}>
              <b>{labelWords(answer.label)}</b> {scoreText(answer.probability)}
            </p>
            <ScoreBars answer={answer} />
            <p className={styles.under}>
              version {answer.model_version}, variant {answer.variant}
            </p>
            <Timings answer={answer} />
            <Judge isRight={asked.isRight} error={asked.feedbackError} onJudge={onJudge} />
          </>
        )}
      </div>
    </article>
  );
}

function TryPictures({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const pictures = usePictures(endpoint.name);
  return (
    <div className={styles.part}>
      <PictureInput onPictures={pictures.add} />
      {pictures.asked.map((one) => (
        <PictureResult key={one.id} asked={one} onRetry={() => pictures.retry(one.id)} onJudge={(isRight) => pictures.judge(one.id, isRight)} />
      ))}
    </div>
  );
}

function TryJson({ endpoint }: { endpoint: Endpoint }): ReactNode {
  const served = useServedModels();
  const answering = [...endpoint.variants].sort((a, b) => b.share - a.share)[0]?.version;
  const version = served.data?.find((model) => model.name === endpoint.model)?.versions.find((one) => one.version === answering);
  const example = useMemo(() => (version === undefined ? null : exampleOf(version.inputs)), [version]);
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? example ?? '{"instances": []}';
  const fault = jsonFault(text);
  const ask = useMutation({ mutationFn: () => askJson(endpoint.name, text) });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <Answer of={served} what="model" rows={4}>
      {() => (
        <div className={styles.part}>
          {version === undefined && <Empty title="No version is loaded">What the endpoint means has to be there before it can be asked.</Empty>}
          {version !== undefined && <p className={styles.under}>Version {version.version} takes {version.inputs.map(tensorWords).join("; ")}.</p>}
          <form className={styles.form} onSubmit={submit}>
            <Textarea
              label="Body"
              description={<code>POST {endpoint.url}</code>}
              autosize
              minRows={6}
              maxRows={20}
              spellCheck={false}
              styles={{ input: { fontFamily: "var(--mono)", fontSize: 13 } }}
              value={text}
              error={fault}
              // Whoever is in the box owns its text: another version's example would take their selection away.
              onFocus={() => setTyped(text)}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
            <div className={styles.buttons}>
              <Button type="submit" loading={ask.isPending} disabled={fault !== null}>
                Ask
              </Button>
              {example !== null && text !== example && (
                <Button variant="subtle" onClick={() => setTyped(null)}>
                  The example again
                </Button>
              )}
            </div>
          </form>
          {ask.error !== null && <ErrorNote error={ask.error} />}
          {ask.data !== undefined && (
            <pre tabIndex={0} aria-label="Answer">
              {JSON.stringify(ask.data, null, 2)}
            </pre>
          )}
        </div>
      )}
    </Answer>
  );
}

/** Asks the endpoint, as its callers do; what is asked here counts and is recorded as theirs is. */
export function TryTab({ endpoint }: { endpoint: Endpoint }): ReactNode {
  return (
    <>
      <p className={styles.note}>What is asked here counts as any other request does.</p>
      {endpoint.takesImages ? <TryPictures endpoint={endpoint} /> : <TryJson endpoint={endpoint} />}
    </>
  );
}
