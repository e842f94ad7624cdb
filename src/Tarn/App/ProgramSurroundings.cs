using System.Collections;
using System.Reflection;

namespace Tarn;

/// <summary>What a process brings to the program: its terminal, environment, current directory and clock.</summary>
internal sealed class ProgramSurroundings
{
    public required Terminal Terminal { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required string CurrentDirectory { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether this process is the program's own, so that signals stop it and fatal errors may end it.</summary>
    public bool OwnsProcess { get; init; }

    /// <summary>How the program is called again, as a process of its own: the file to run, and the arguments before those of the command line.</summary>
    public IReadOnlyList<string> Command { get; init; } = CommandOfProcess();

    /// <summary>The same, for a program whose process is another's to speak for.</summary>
    public ProgramSurroundings Quiet() => new() { Terminal = Terminal, Environment = Environment, CurrentDirectory = CurrentDirectory, Time = Time, Command = Command };

    public static ProgramSurroundings OfProcess() => new()
    {
        Terminal = Terminal.OfProcess(),
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(static e => (string)e.Key, static e => (string?)e.Value ?? "", StringComparer.Ordinal),
        CurrentDirectory = Directory.GetCurrentDirectory(),
        OwnsProcess = true,
    };

    private static IReadOnlyList<string> CommandOfProcess()
    {
        var file = System.Environment.ProcessPath ?? "dotnet";

        // A program that `dotnet` runs is a dll, which comes first; one that was published has a file of its own.
        return Path.GetFileNameWithoutExtension(file).Equals("dotnet", StringComparison.OrdinalIgnoreCase) && Assembly.GetEntryAssembly()?.Location is { Length: > 0 } dll
            ? [file, dll]
            : [file];
    }
}
