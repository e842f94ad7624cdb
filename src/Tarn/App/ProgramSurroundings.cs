using System.Collections;

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

    public static ProgramSurroundings OfProcess() => new()
    {
        Terminal = Terminal.OfProcess(),
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(static e => (string)e.Key, static e => (string?)e.Value ?? "", StringComparer.Ordinal),
        CurrentDirectory = Directory.GetCurrentDirectory(),
        OwnsProcess = true,
    };
}
