/** A password: hidden or shown, with a word when Caps Lock is on. */
import { useState, type KeyboardEvent, type ReactNode, type Ref } from "react";
import { EyeIcon, EyeOffIcon } from "../FirstIcons/FirstIcons.tsx";
import { IconButton } from "../Button/Button.tsx";
import { useLanguage } from "../Language/Language.tsx";
import { TextField } from "../TextField/TextField.tsx";

interface PasswordFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error?: string | undefined;
  readonly ref?: Ref<HTMLInputElement>;
}

export function PasswordField({
  label,
  value,
  onChange,
  error,
  ref,
}: PasswordFieldProps): ReactNode {
  const { t } = useLanguage();
  const [shown, setShown] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const watch = (event: KeyboardEvent): void => setCapsLock(event.getModifierState("CapsLock"));
  return (
    <div aria-live="polite">
      <TextField
        {...(ref === undefined ? {} : { ref })}
        label={label}
        value={value}
        onChange={onChange}
        error={error}
        hint={capsLock ? t("signIn.capsLock") : undefined}
        type={shown ? "text" : "password"}
        name="password"
        autoComplete="current-password"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        required
        onKeyDown={watch}
        onKeyUp={watch}
        onBlur={() => setCapsLock(false)}
        trailing={
          <IconButton
            small
            label={t(shown ? "signIn.hidePassword" : "signIn.showPassword")}
            icon={shown ? <EyeOffIcon /> : <EyeIcon />}
            onClick={() => setShown(!shown)}
          />
        }
      />
    </div>
  );
}
