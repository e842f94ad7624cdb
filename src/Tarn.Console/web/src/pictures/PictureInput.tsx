import { Button, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { pictureFiles, urlIn, type PictureSource } from "./pictures";
import styles from "./Pictures.module.css";

const isTyping = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Pictures come in by dropping them anywhere on the page, pasting, choosing, photographing, or by their address. */
export function PictureInput({ onPictures, disabled = false }: { onPictures: (sources: readonly PictureSource[]) => void; disabled?: boolean }): ReactNode {
  const [over, setOver] = useState(false);
  const [url, setUrl] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const touched = useMediaQuery("(pointer: coarse)") ?? false;
  const choose = useRef<HTMLInputElement>(null);
  const photograph = useRef<HTMLInputElement>(null);
  const handler = useRef(onPictures);
  handler.current = onPictures;

  useEffect(() => {
    if (disabled) return;
    const take = (data: DataTransfer | null): boolean => {
      const files = pictureFiles(data?.files ?? []);
      // A picture dragged from another page comes as its address.
      const address = files.length > 0 ? null : urlIn((data?.getData("text/uri-list") || data?.getData("text/plain") || "").split(/\r?\n/)[0] ?? "");
      if (files.length === 0 && address === null) return false;
      setFault(null);
      handler.current(files.length > 0 ? files : [address!]);
      return true;
    };
    const drag = (event: DragEvent): void => {
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      if (!take(event.dataTransfer)) setFault("That is no picture.");
    };
    const paste = (event: ClipboardEvent): void => {
      if (isTyping(event.target) && (event.clipboardData?.files.length ?? 0) === 0) return;
      if (take(event.clipboardData)) event.preventDefault();
    };
    document.addEventListener("dragover", drag);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("dragover", drag);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
      document.removeEventListener("paste", paste);
    };
  }, [disabled]);

  const chosen = (input: HTMLInputElement): void => {
    const files = pictureFiles(input.files ?? []);
    input.value = "";
    if (files.length === 0) return;
    setFault(null);
    onPictures(files);
  };
  const ask = (event: FormEvent): void => {
    event.preventDefault();
    const address = urlIn(url);
    if (address === null) {
      setFault("A link begins with http:// or https://.");
      return;
    }
    setFault(null);
    setUrl("");
    onPictures([address]);
  };

  return (
    <section aria-label="Ask about pictures" className={styles.input} data-over={over || undefined} data-disabled={disabled || undefined}>
      <input ref={choose} type="file" accept="image/*" multiple hidden aria-label="Pictures" onChange={(event) => chosen(event.currentTarget)} />
      <input ref={photograph} type="file" accept="image/*" capture="environment" hidden aria-label="Photograph" onChange={(event) => chosen(event.currentTarget)} />
      <div className={styles.ways}>
        {touched && (
          <Button size="md" disabled={disabled} onClick={() => photograph.current?.click()}>
            Take a photo
          </Button>
        )}
        <Button size="md" variant={touched ? "default" : "filled"} disabled={disabled} onClick={() => choose.current?.click()}>
          Choose pictures
        </Button>
        {!touched && <p className={styles.hint}>{over ? "Let go: it is asked about at once." : "Or drop them anywhere on this page, or paste one."}</p>}
      </div>
      <form className={styles.address} onSubmit={ask}>
        <TextInput
          size="sm"
          label="Or a link to a picture"
          type="url"
          inputMode="url"
          placeholder="https://…"
          autoComplete="off"
          value={url}
          disabled={disabled}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <Button type="submit" size="sm" variant="default" disabled={disabled || url.trim() === ""}>
          Ask
        </Button>
      </form>
      {fault !== null && (
        <p role="alert" className={styles.fault}>
          {fault}
        </p>
      )}
    </section>
  );
}
