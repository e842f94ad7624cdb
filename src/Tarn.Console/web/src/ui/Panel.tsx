import { useId, type ReactNode } from "react";
import { Link } from "wouter";
import styles from "./Panel.module.css";

/** A titled part of a page: a region with a name. `flush` lets a table reach the panel's edges. */
export function Panel({ title, note, actions, flush = false, className = "", children }: {
  title: ReactNode;
  note?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
  className?: string;
  children: ReactNode;
}): ReactNode {
  const id = useId();
  return (
    <section className={`${styles.panel} ${className}`} aria-labelledby={id}>
      <header className={styles.head}>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span className={styles.note}>{note}</span>}
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}

/** Short facts in a row: a name above its value. */
export function Facts({ items }: { items: readonly (readonly [name: string, value: ReactNode] | null | false)[] }): ReactNode {
  return (
    <dl className={styles.facts}>
      {items.map((item) =>
        item ? (
          <div key={item[0]}>
            <dt>{item[0]}</dt>
            <dd>{item[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

/** The head of a page: the way to it, its name, what can be done. */
export function PageHead({ title, trail = [], lead, children }: {
  title: ReactNode;
  trail?: readonly { text: string; href: string }[];
  lead?: ReactNode;
  children?: ReactNode;
}): ReactNode {
  return (
    <div className={styles.page}>
      <div className={styles.titles}>
        {trail.length > 0 && (
          <nav aria-label="Breadcrumb" className={styles.trail}>
            {trail.map((step) => (
              <span key={step.href}>
                <Link href={step.href}>{step.text}</Link>
                <span aria-hidden> / </span>
              </span>
            ))}
          </nav>
        )}
        <h1>{title}</h1>
        {lead !== undefined && lead !== null && <div className={styles.lead}>{lead}</div>}
      </div>
      {children !== undefined && <div className={styles.pageActions}>{children}</div>}
    </div>
  );
}
