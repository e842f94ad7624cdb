using Spectre.Console;

namespace Tarn;

/// <summary>Where a program reads and writes, and what that can show.</summary>
internal sealed class Terminal
{
    private IAnsiConsole? _console;

    public required TextReader In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Whether a person sees standard output: colours, wide tables cut to the window.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Whether a person sees standard error: progress is shown.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether standard input is a person at a keyboard, not a file or pipe.</summary>
    public bool InIsTerminal { get; init; }

    /// <summary>Columns that a table may take; wide where nobody's window limits it.</summary>
    public int Width { get; init; } = 200;

    /// <summary>Standard output for tables and colours.</summary>
    public IAnsiConsole Console => _console ??= CreateConsole();

    public static Terminal OfProcess()
    {
        var outIsTerminal = !System.Console.IsOutputRedirected;
        return new Terminal
        {
            In = System.Console.In,
            Out = System.Console.Out,
            Error = System.Console.Error,
            OutIsTerminal = outIsTerminal,
            ErrorIsTerminal = !System.Console.IsErrorRedirected,
            InIsTerminal = !System.Console.IsInputRedirected,
            Width = outIsTerminal ? WindowWidth() : 200,
        };
    }

    private static int WindowWidth()
    {
        try
        {
            return Math.Max(40, System.Console.WindowWidth);
        }
        catch (IOException)
        {
            return 120;
        }
    }

    private IAnsiConsole CreateConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Out),
            Ansi = OutIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = OutIsTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = Width;
        return console;
    }
}
