import { Select } from "@mantine/core";
import type { ReactNode } from "react";
import { useDatasetFindings } from "../api/queries";
import type { DatasetDetail, DatasetFinding } from "../api/types";
import { Answer, Empty } from "../ui/Answer";
import { useUrlState } from "../ui/urlState";
import styles from "./Datasets.module.css";
import { Pager } from "./Pager";
import { Picture } from "./Picture";
import { checkWords } from "./words";

const pageSize = 50;

function Finding({ dataset, version, finding }: { dataset: string; version: string | null; finding: DatasetFinding }): ReactNode {
  // A finding about a class has no picture of its own.
  const pictured = finding.sha256 || finding.keptOut;
  return (
    <li className={styles.finding}>
      <div className={styles.pair}>
        {pictured && <Picture dataset={dataset} version={version} sha256={finding.sha256} size={144} alt={finding.subject} className={styles.small} />}
        {finding.relatedSha256 && finding.relatedSha256 !== finding.sha256 && (
          <Picture dataset={dataset} version={version} sha256={finding.relatedSha256} size={144} alt={finding.related ?? ""} className={styles.small} />
        )}
      </div>
      <div className={styles.told}>
        <div>
          <b>{checkWords(finding.check)}</b>
          {finding.keptOut && <span className={styles.out}>kept out</span>}
        </div>
        <div className={styles.mono}>{finding.subject}</div>
        <div>{finding.reason}</div>
        {finding.remedy && <div className={styles.under}>{finding.remedy}</div>}
      </div>
    </li>
  );
}

/** What checks found, each with its reason and remedy; which of it is in the address. */
export function FindingsTab({ name, version, data }: { name: string; version: string | null; data: DatasetDetail }): ReactNode {
  const [url, setUrl] = useUrlState();
  const check = url.get("check") || undefined;
  const kept = url.get("kept");
  const offset = Math.max(0, Number(url.get("offset") ?? 0) || 0);
  const findings = useDatasetFindings(name, {
    check,
    keptOut: kept === "out" ? true : kept === "told" ? false : undefined,
    version: version ?? undefined,
    limit: pageSize,
    offset,
  });
  return (
    <>
      <div className={styles.filters}>
        <Select
          size="xs"
          label="Check"
          placeholder="all"
          clearable
          data={data.checks.map((one) => ({ value: one.check, label: `${checkWords(one.check)} (${one.told + one.keptOut})` }))}
          value={check ?? null}
          onChange={(value) => setUrl({ check: value, offset: null })}
        />
        <Select
          size="xs"
          label="What became of it"
          placeholder="all"
          clearable
          data={[{ value: "out", label: "kept out" }, { value: "told", label: "only told" }]}
          value={kept}
          onChange={(value) => setUrl({ kept: value, offset: null })}
        />
        <Pager shown={findings.data?.findings.length} total={findings.data?.total} offset={offset} size={pageSize} onOffset={(to) => setUrl({ offset: to || null })} />
      </div>
      <Answer
        of={findings}
        what="findings"
        rows={6}
        isEmpty={(page) => page.findings.length === 0}
        empty={<Empty title={check === undefined && kept === null ? "Nothing was found" : "Nothing of that was found"}>Every file that an import saw was taken in, and no check has anything to tell.</Empty>}
      >
        {(page) => (
          <ul className={styles.findings} aria-label="Findings">
            {page.findings.map((finding, index) => (
              <Finding key={`${finding.check} ${finding.subject} ${index}`} dataset={name} version={version} finding={finding} />
            ))}
          </ul>
        )}
      </Answer>
    </>
  );
}
