using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Tarn;

/// <summary>The help of a verb, followed by examples: what most people read it for.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private static readonly ConditionalWeakTable<Command, string[]> Examples = [];

    private readonly HelpAction _plain;
    private readonly Terminal _terminal;
    private readonly string _program;

    public HelpWithExamples(HelpAction plain, Terminal terminal, string program)
    {
        _plain = plain;
        _plain.MaxWidth = Math.Min(terminal.Width, 120);
        _terminal = terminal;
        _program = program;
    }

    public override bool ClearsParseErrors => true;

    /// <summary>Gives a command its examples; <c>{0}</c> in them is the program's name.</summary>
    public static void Describe(Command command, params string[] examples) => Examples.Add(command, examples);

    /// <summary>The examples of a command.</summary>
    public static IReadOnlyList<string> Of(Command command) => Examples.TryGetValue(command, out var examples) ? examples : [];

    /// <summary>The command as it is typed.</summary>
    public static string PathOf(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent
        ? $"{PathOf(parent)} {command.Name}"
        : command.Name;

    public override int Invoke(ParseResult parseResult)
    {
        _plain.Invoke(parseResult);
        var examples = Of(parseResult.CommandResult.Command);
        if (examples.Count > 0)
        {
            _terminal.Out.WriteLine("Examples:");
            foreach (var example in examples)
            {
                _terminal.Out.WriteLine("  " + string.Format(CultureInfo.InvariantCulture, example, _program));
            }

            _terminal.Out.WriteLine();
        }

        return 0;
    }
}
