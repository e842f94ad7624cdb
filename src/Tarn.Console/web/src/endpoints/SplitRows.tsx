import { ActionIcon, NumberInput, Select, Slider, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useVariantColours } from "./colours";
import { shareText, type Draft, type DraftShadow, type DraftVariant } from "./split";
import { withChosen, type TargetOption } from "./targets";
import styles from "./Endpoints.module.css";

interface RowsOf {
  draft: Draft;
  options: readonly TargetOption[];
  /** By the rows' keys. */
  faults: ReadonlyMap<string, string>;
  edit: (patch: Partial<Draft>) => void;
}

function Remove({ name, onRemove }: { name: string; onRemove: () => void }): ReactNode {
  return (
    <ActionIcon aria-label={`Remove ${name}`} title={`Remove ${name}`} onClick={onRemove}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden>
        <path d="M3.500 3.500l9 9M12.500 3.500l-9 9" stroke="currentColor" strokeWidth="1.800" strokeLinecap="round" />
      </svg>
    </ActionIcon>
  );
}

const sliderOf = (value: number | string): number => (Number.isFinite(Number(value)) && value !== "" ? Number(value) : 0);

/** The variants of a draft, with a slider and a number for each weight. */
export function VariantRows({ draft, shares, options, faults, edit }: RowsOf & { shares: readonly number[] }): ReactNode {
  const colour = useVariantColours();
  const change = (key: string, patch: Partial<DraftVariant>): void => edit({ variants: draft.variants.map((one) => (one.key === key ? { ...one, ...patch } : one)) });
  // A slider to 100, as percentages are the usual weights; further where a weight is.
  const most = Math.max(100, ...draft.variants.map((one) => sliderOf(one.weight)));
  return (
    <ul className={styles.rows}>
      {draft.variants.map((variant, place) => (
        <li key={variant.key}>
          <i style={{ background: colour(place) }} aria-hidden />
          <TextInput label="Name" value={variant.name} onChange={(event) => change(variant.key, { name: event.currentTarget.value })} />
          <Select
            label="Answers with"
            data={withChosen(options, variant.target)}
            value={variant.target === "" ? null : variant.target}
            placeholder="version or alias"
            searchable
            allowDeselect={false}
            nothingFoundMessage="No such version"
            onChange={(value) => change(variant.key, { target: value ?? "" })}
          />
          <div className={styles.slider}>
            <Slider
              thumbLabel={`Weight of ${variant.name}`}
              min={0}
              max={most}
              step={1}
              size={6}
              thumbSize={20}
              label={null}
              color={colour(place)}
              value={sliderOf(variant.weight)}
              onChange={(weight) => change(variant.key, { weight })}
            />
          </div>
          <NumberInput className={styles.weight} label="Weight" aria-label={`Weight of ${variant.name}, as a number`} min={0} max={1e6} hideControls value={variant.weight} onChange={(weight) => change(variant.key, { weight })} />
          <output className={styles.share}>{shareText(shares[place] ?? 0)}</output>
          <Remove name={variant.name} onRemove={() => edit({ variants: draft.variants.filter((one) => one !== variant) })} />
          {faults.has(variant.key) && <p className={styles.fault}>{faults.get(variant.key)}</p>}
        </li>
      ))}
    </ul>
  );
}

/** The shadows of a draft, each with the part of the requests of which it gets copies. */
export function ShadowRows({ draft, options, faults, edit }: RowsOf): ReactNode {
  const colour = useVariantColours();
  const change = (key: string, patch: Partial<DraftShadow>): void => edit({ shadows: draft.shadows.map((one) => (one.key === key ? { ...one, ...patch } : one)) });
  if (draft.shadows.length === 0) return null;
  return (
    <ul className={styles.rows}>
      {draft.shadows.map((shadow, index) => {
        const place = draft.variants.length + index;
        return (
          <li key={shadow.key}>
            <i style={{ background: colour(place) }} aria-hidden />
            <TextInput label="Name" value={shadow.name} onChange={(event) => change(shadow.key, { name: event.currentTarget.value })} />
            <Select
              label="Computes with"
              data={withChosen(options, shadow.target)}
              value={shadow.target === "" ? null : shadow.target}
              placeholder="version or alias"
              searchable
              allowDeselect={false}
              nothingFoundMessage="No such version"
              onChange={(value) => change(shadow.key, { target: value ?? "" })}
            />
            <div className={styles.slider}>
              <Slider
                thumbLabel={`Copies for ${shadow.name}, in percent`}
                min={0}
                max={100}
                step={1}
                size={6}
                thumbSize={20}
                label={null}
                color={colour(place)}
                value={sliderOf(shadow.percent)}
                onChange={(percent) => change(shadow.key, { percent })}
              />
            </div>
            <NumberInput className={styles.weight} label="Percent" aria-label={`Copies for ${shadow.name}, as a number`} min={0} max={100} hideControls value={shadow.percent} onChange={(percent) => change(shadow.key, { percent })} />
            <output className={styles.share}>copies</output>
            <Remove name={shadow.name} onRemove={() => edit({ shadows: draft.shadows.filter((one) => one !== shadow) })} />
            {faults.has(shadow.key) && <p className={styles.fault}>{faults.get(shadow.key)}</p>}
          </li>
        );
      })}
    </ul>
  );
}
