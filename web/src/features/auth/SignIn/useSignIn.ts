import { useRef, useState, type FormEvent, type RefObject } from "react";
import { useTask } from "../../../ui/hooks/useTask.ts";

export interface SignInForm {
  readonly identifier: string;
  readonly setIdentifier: (identifier: string) => void;
  readonly password: string;
  readonly setPassword: (password: string) => void;
  readonly missing: "identifier" | "password" | undefined;
  readonly running: boolean;
  readonly error: unknown;
  readonly submit: (event: FormEvent) => void;
  readonly identifierInput: RefObject<HTMLInputElement | null>;
  readonly passwordInput: RefObject<HTMLInputElement | null>;
}

/** The sign-in form: what is typed, what is missing, what went wrong. Focus goes where help is needed. */
export function useSignIn(
  signIn: (identifier: string, password: string) => Promise<void>,
): SignInForm {
  const [identifier, setIdentifier] = useState("");
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState<"identifier" | "password">();
  const identifierInput = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);
  const task = useTask(signIn);

  const submit = async (): Promise<void> => {
    const name = identifier.trim();
    const lacking = name === "" ? "identifier" : password === "" ? "password" : undefined;
    setMissing(lacking);
    if (lacking === "identifier") identifierInput.current?.focus();
    else if (lacking === "password") passwordInput.current?.focus();
    else if (!(await task.run(name, password))) passwordInput.current?.select();
  };

  return {
    identifier,
    setIdentifier,
    password,
    setPassword,
    missing,
    running: task.running,
    error: task.error,
    submit: (event) => {
      event.preventDefault();
      void submit();
    },
    identifierInput,
    passwordInput,
  };
}
