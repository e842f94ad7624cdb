import { Ago, Empty, fixed, Panel } from "@tarn/console";
import { useComputedColorScheme } from "@mantine/core";
import { useMemo, type ReactNode } from "react";
import { sorted } from "./filters";
import { titleOf, type Quake } from "./quake";
import styles from "./quakes.module.css";
import { colorOf } from "./scale";

/** The strongest of the events shown, as buttons that choose them. */
export function Strongest({ quakes, onSelect }: { quakes: readonly Quake[]; onSelect: (id: string) => void }): ReactNode {
  const dark = useComputedColorScheme("light") === "dark";
  const top = useMemo(() => sorted(quakes.filter((quake) => !quake.isDeleted && quake.mag !== null), { by: "mag", descending: true }).slice(0, 6), [quakes]);
  return (
    <Panel title="Strongest" flush>
      {top.length === 0 && <Empty title="None" />}
      <ol className={styles.strongest}>
        {top.map((quake) => (
          <li key={quake.id}>
            <button type="button" onClick={() => onSelect(quake.id)} title={titleOf(quake)}>
              <span className={styles.mag} style={{ borderColor: colorOf(quake.mag, dark) }}>
                {fixed(quake.mag, 1)}
              </span>
              <span>{quake.place ?? quake.id}</span>
              <Ago at={quake.time} />
            </button>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
