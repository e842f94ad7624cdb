import { Modal } from "@mantine/core";
import { useRef, type ReactNode } from "react";
import type { DatasetImage } from "../api/types";
import { bytes, count } from "../format/numbers";
import { Facts } from "../ui/Panel";
import { At } from "../ui/Time";
import styles from "./Datasets.module.css";
import { Picture } from "./Picture";
import { checkWords } from "./words";

/** One image, larger, with all that is known of it. */
export function ImageDialog({ dataset, version, image, onClose, onGroup }: {
  dataset: string;
  version: string | null;
  image: DatasetImage | undefined;
  onClose: () => void;
  onGroup: (group: string) => void;
}): ReactNode {
  // It stays while the dialog closes.
  const last = useRef(image);
  if (image !== undefined) last.current = image;
  const shown = last.current;
  return (
    <Modal opened={image !== undefined} onClose={onClose} title={<span className={styles.wrap}>{shown?.path}</span>} size="lg" centered>
      {shown !== undefined && (
        <div className={styles.dialog}>
          <Picture key={shown.sha256} dataset={dataset} version={version} sha256={shown.sha256} size={512} alt={shown.path} className={styles.large} />
          <Facts
            items={[
              ["Class", shown.label],
              ["Split", <span key="s" className={styles.split} data-split={shown.split}>{shown.split}</span>],
              ["Size", `${count(shown.width)} × ${count(shown.height)}`],
              ["File", `${shown.format}, ${bytes(shown.bytes)}${shown.frames > 1 ? `, ${shown.frames} pictures` : ""}`],
              ["Added", <At key="a" at={shown.addedAt} />],
              shown.sourceGroup ? ["Group of the source", shown.sourceGroup] : null,
              shown.groupSize > 1
                ? [
                    "Group",
                    <button key="g" type="button" className={styles.linkButton} onClick={() => onGroup(shown.group)}>
                      show the {shown.groupSize} images
                    </button>,
                  ]
                : null,
              ["SHA-256", <span key="h" className={styles.mono}>{shown.sha256}</span>],
            ]}
          />
          {shown.findings.map((finding, index) => (
            <div key={index} className={styles.reason}>
              <b>{checkWords(finding.check)}</b> {finding.sha256 !== shown.sha256 && `${finding.subject}: `}
              {finding.reason} {finding.remedy}
            </div>
          ))}
        </div>
      )}
    </Modal>
  );
}
