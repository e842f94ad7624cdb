using System.CommandLine;

namespace Tarn;

/// <summary>The options that every verb has.</summary>
internal sealed class GlobalOptions
{
    public Option<string?> Data { get; } = new("--data") { Description = "The data directory; default TARN__DATA, else ./.tarn.", HelpName = "DIR", Recursive = true };

    public Option<string?> Server { get; } = new("--server") { Description = "A running server; default TARN_SERVER, else the one on the data directory, else none: then the verb opens the data directory itself.", HelpName = "URL", Recursive = true };

    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON and nothing else on standard output.", Recursive = true };

    public Option<string[]> Set { get; } = new("--set") { Description = "Set a configuration key, as in --set Quakes:FeedUrl=http://…; may be repeated.", HelpName = "KEY=VALUE", Recursive = true };

    public Option<string?> ApiKey { get; } = new("--api-key") { Description = "The key to call a server with; default TARN_API_KEY, which other users of the machine do not see.", HelpName = "KEY", Recursive = true };

    public VerbOptions Read(ParseResult parse) => new(
        parse.GetValue(Data), parse.GetValue(Server), parse.GetValue(Json), parse.GetValue(Set) ?? [], parse.GetValue(ApiKey));
}

/// <summary>The values of those options in one call.</summary>
internal sealed record VerbOptions(string? Data, string? Server, bool Json, IReadOnlyList<string> Set, string? ApiKey = null)
{
    /// <summary>The full path of the data directory: --data, else TARN__DATA, else the program's own setting, else ./.tarn.</summary>
    public string DataDirectory(ProgramPlan program, ProgramSurroundings surroundings)
    {
        var path = Data is { Length: > 0 } ? Data
            : ConfigurationLayers.FromEnvironment(surroundings.Environment).GetValueOrDefault(TarnOptions.DataKey) is { Length: > 0 } fromEnvironment ? fromEnvironment
            : program.Configuration[TarnOptions.DataKey] is { Length: > 0 } fromProgram ? fromProgram
            : TarnOptions.DefaultData;
        return Path.GetFullPath(path, surroundings.CurrentDirectory);
    }

    /// <summary>The keys that the command line sets.</summary>
    public Dictionary<string, string?> Settings()
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in Set)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw Core.TarnException.InvalidInput("--set takes KEY=VALUE.", pair, "As in --set Quakes:FeedUrl=http://127.0.0.1:9000.");
            }

            settings[pair[..equals].Replace("__", ":", StringComparison.Ordinal)] = pair[(equals + 1)..];
        }

        return settings;
    }
}
