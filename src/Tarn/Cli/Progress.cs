using System.Globalization;

namespace Tarn;

/// <summary>One line on standard error that says what is waited for and how long; only where a person sees it.</summary>
internal sealed class Progress(Terminal terminal) : IDisposable
{
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private int _shown;

    public void Show(string what)
    {
        if (!terminal.ErrorIsTerminal)
        {
            return;
        }

        var text = string.Create(CultureInfo.InvariantCulture, $"{what} … {TimeProvider.System.GetElapsedTime(_start).TotalSeconds:0} s");
        terminal.Error.Write('\r' + text.PadRight(_shown));
        terminal.Error.Flush();
        _shown = text.Length;
    }

    public void Clear()
    {
        if (_shown > 0)
        {
            terminal.Error.Write('\r' + new string(' ', _shown) + '\r');
            _shown = 0;
        }
    }

    public void Dispose() => Clear();
}
