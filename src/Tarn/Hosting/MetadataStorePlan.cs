using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Postgres;

namespace Tarn;

/// <summary>Where the program's own state is kept: in the data directory, or in PostgreSQL, by the keys <c>Metadata:Store</c> and <c>Metadata:Postgres:…</c>.</summary>
internal sealed class MetadataStorePlan
{
    public const string Section = "Metadata";
    private const string StoreKey = "Store";
    private const string PostgresKey = "Postgres";
    private const string FileName = "meta.db";
    private const string Rule = "It is postgres://user:password@host:port/database, or Npgsql's Host=…;Database=…; without it, the state is in the data directory.";

    private static readonly string[] Schemes = ["postgres://", "postgresql://"];

    // Holds a password: given to the adapter and to nobody else.
    private readonly string? _postgres;
    private readonly PostgresMetadataOptions _options;

    private MetadataStorePlan(string? postgres, PostgresMetadataOptions options)
    {
        _postgres = postgres;
        _options = options;
    }

    /// <summary>Reads the keys.</summary>
    public static MetadataStorePlan Read(IConfigurationSection metadata, List<OptionError> errors)
    {
        var options = OptionsReader.Read<PostgresMetadataOptions>(metadata.GetSection(PostgresKey), errors);
        errors.AddRange(options.Errors().Select(e => new OptionError($"{metadata.Path}:{PostgresKey}", null, e)));
        errors.AddRange(metadata.GetChildren()
            .Where(static c => !c.Key.Equals(StoreKey, StringComparison.OrdinalIgnoreCase) && !c.Key.Equals(PostgresKey, StringComparison.OrdinalIgnoreCase))
            .Select(c => new OptionError(c.Path, c.Value, $"No such key; those of {metadata.Path} are {StoreKey}, {PostgresKey}.")));
        var text = metadata[StoreKey]?.Trim() ?? "";
        if (text.Length > 0 && !IsReadable(text))
        {
            // What cannot be read may hold a password anywhere.
            errors.Add(new OptionError($"{metadata.Path}:{StoreKey}", "••••••", Rule));
        }

        return new MetadataStorePlan(text.Length > 0 ? text : null, options);
    }

    /// <summary>Opens the store.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ids">Where ids come from.</param>
    /// <param name="loggers">Where to tell what is done.</param>
    /// <param name="isAwaited">Whether a PostgreSQL that is not there yet is waited for; else it is an error at once, as whoever sits before a verb wants it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<MetadataStore> OpenAsync(string directory, TimeProvider time, IdSource ids, ILoggerFactory loggers, bool isAwaited, CancellationToken cancellation) => _postgres is null
        ? MetadataStore.Open(Path.Combine(directory, FileName), time, loggers)
        : await PostgresMetadataStore.OpenAsync(_postgres, isAwaited ? _options : _options with { StartTimeout = TimeSpan.Zero }, time, ids, loggers, cancellation).ConfigureAwait(false);

    /// <summary>Looks, without changing anything, whether the store can be used.</summary>
    /// <returns>What there is, for people.</returns>
    /// <exception cref="TarnException">It cannot; it says why and what to do.</exception>
    public async Task<string> CheckAsync(string directory, CancellationToken cancellation)
    {
        if (_postgres is not null)
        {
            return $"{await PostgresMetadataStore.CheckAsync(_postgres, _options, cancellation).ConfigureAwait(false)}, answers";
        }

        var file = Path.Combine(directory, FileName);
        return File.Exists(file) ? $"SQLite, {file}" : $"SQLite, {file}, which the first start makes";
    }

    private static bool IsReadable(string text)
    {
        try
        {
            return (Schemes.Any(s => text.StartsWith(s, StringComparison.OrdinalIgnoreCase)) || text.Contains('=', StringComparison.Ordinal))
                && !string.IsNullOrEmpty(PostgresDatabase.NameOf(text));
        }
        catch (TarnException)
        {
            return false;
        }
    }
}
