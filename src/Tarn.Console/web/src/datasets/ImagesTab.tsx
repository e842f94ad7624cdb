import { Button, Select } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useDatasetImages } from "../api/queries";
import type { DatasetDetail, DatasetImage } from "../api/types";
import { plural } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { useUrlState } from "../ui/urlState";
import styles from "./Datasets.module.css";
import { ImageDialog } from "./ImageDialog";
import { Pager } from "./Pager";
import { Picture } from "./Picture";
import { checkWords, filterOf, filterWords, splits } from "./words";

const pageSize = 60;

function Tile({ dataset, version, image, onOpen }: { dataset: string; version: string | null; image: DatasetImage; onOpen: () => void }): ReactNode {
  const found = [...new Set(image.findings.map((finding) => checkWords(finding.check)))];
  const text = `${image.path}, ${image.label}, ${image.split}${found.length === 0 ? "" : `, ${found.join(", ")}`}`;
  return (
    <li className={styles.tile}>
      <button type="button" onClick={onOpen} aria-label={text} title={image.path}>
        <Picture dataset={dataset} version={version} sha256={image.sha256} size={288} alt="" />
        <span className={styles.caption}>
          <span className={styles.label}>{image.label}</span>
          <span className={styles.split} data-split={image.split}>
            {image.split}
          </span>
        </span>
        {found.length > 0 && <span className={styles.found}>{found.join(", ")}</span>}
      </button>
    </li>
  );
}

/** The images of a dataset, a page at a time; which of them is in the address. */
export function ImagesTab({ name, version, data }: { name: string; version: string | null; data: DatasetDetail }): ReactNode {
  const [url, setUrl] = useUrlState();
  const [open, setOpen] = useState<DatasetImage>();
  const filter = filterOf(url);
  const offset = Math.max(0, Number(url.get("offset") ?? 0) || 0);
  const images = useDatasetImages(name, { ...filter, version: version ?? undefined, limit: pageSize, offset });
  const checks = data.checks.filter((one) => one.images > 0);
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const clear = { label: null, split: null, finding: null, group: null, offset: null };
  return (
    <>
      <div className={styles.filters}>
        <Select
          size="xs"
          label="Class"
          placeholder="all"
          clearable
          searchable={data.classes.length > 12}
          data={data.classes.map((one) => one.label)}
          value={filter.label ?? null}
          onChange={(value) => setUrl({ label: value, offset: null })}
        />
        <Select size="xs" label="Split" placeholder="all" clearable data={[...splits]} value={filter.split ?? null} onChange={(value) => setUrl({ split: value, offset: null })} />
        <Select
          size="xs"
          label="Finding"
          placeholder="with or without"
          clearable
          disabled={checks.length === 0 && filter.finding === undefined}
          data={[{ value: "any", label: "any finding" }, ...checks.map((one) => ({ value: one.check, label: `${checkWords(one.check)} (${one.images})` }))]}
          value={filter.finding ?? null}
          onChange={(value) => setUrl({ finding: value, offset: null })}
        />
        {filter.group !== undefined && (
          <span className={styles.chip}>
            one group of images
            <button type="button" aria-label="Leave the group" onClick={() => setUrl({ group: null, offset: null })}>
              ×
            </button>
          </span>
        )}
        {filtered && (
          <Button variant="default" size="compact-sm" onClick={() => setUrl(clear)}>
            Show all
          </Button>
        )}
        <Pager shown={images.data?.images.length} total={images.data?.total} offset={offset} size={pageSize} onOffset={(to) => setUrl({ offset: to || null })} />
      </div>
      <Answer
        of={images}
        what="images"
        rows={6}
        isEmpty={(page) => page.images.length === 0}
        empty={<Empty title={offset > 0 ? "No images on this page" : filtered ? `There are no ${filterWords(filter)}` : "The dataset has no images"} />}
      >
        {(page) => (
          <ul className={styles.grid} aria-label={`${plural(page.total, "image")}: ${filterWords(filter)}`}>
            {page.images.map((image) => (
              <Tile key={image.sha256} dataset={name} version={version} image={image} onOpen={() => setOpen(image)} />
            ))}
          </ul>
        )}
      </Answer>
      <ImageDialog
        dataset={name}
        version={version}
        image={open}
        onClose={() => setOpen(undefined)}
        onGroup={(group) => {
          setOpen(undefined);
          setUrl({ ...clear, group });
        }}
      />
    </>
  );
}
