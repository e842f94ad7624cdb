using Tarn.Lake;

namespace Tarn.Contracts;

/// <summary>
/// Judges the logs of all tables under a folder: after each commit of the lakes that it watches, and when asked. A test that writes tables needs one of these,
/// and one call of <see cref="Require"/> at its end.
/// </summary>
/// <example><code>
/// using var watch = new LogWatch(root);
/// watch.Follow(lake);          // every commit of it is judged when it is made
/// …
/// watch.Require();             // and everything, once more, at the end
/// </code></example>
public sealed class LogWatch : IDisposable
{
    private readonly string _root;
    private readonly Func<DeltaValidatorOptions> _options;
    private readonly Dictionary<string, DeltaLogValidator> _tables = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Prepares to judge tables.</summary>
    /// <param name="root">The folder that a local store has for its root.</param>
    /// <param name="options">How strictly; asked at each table's first sight.</param>
    public LogWatch(string root, Func<DeltaValidatorOptions>? options = null)
    {
        _root = root;
        _options = options ?? (static () => DeltaValidatorOptions.Strict);
    }

    /// <summary>Everything found so far, with the table's folder.</summary>
    public IReadOnlyList<string> Violations
    {
        get
        {
            lock (_gate)
            {
                return [.. _tables.SelectMany(static t => t.Value.Violations.Select(v => $"{t.Key}: {v}"))];
            }
        }
    }

    /// <summary>Judges each commit of a lake right after it, on the thread that made it.</summary>
    public void Follow(Tarn.Lake.Lake lake) => lake.Committed += committed => Advance(committed.Table.Replace('.', '/'));

    /// <summary>Judges what is new in one table, and says what was found in it so far.</summary>
    /// <param name="folder">Its folder under the root, <c>layer/name</c>.</param>
    public IReadOnlyList<DeltaViolation> Advance(string folder)
    {
        lock (_gate)
        {
            if (!_tables.TryGetValue(folder, out var validator))
            {
                _tables[folder] = validator = new DeltaLogValidator(Path.Combine(_root, folder), _options());
            }

            return validator.Advance();
        }
    }

    /// <summary>Judges what is new in every table under the root, and fails the test with what was found.</summary>
    /// <param name="advance">False to judge nothing more, and only tell of what was found before.</param>
    public void Require(bool advance = true)
    {
        foreach (var log in advance && Directory.Exists(_root) ? Directory.GetDirectories(_root, DeltaLogFolder.Name, SearchOption.AllDirectories) : [])
        {
            Advance(Path.GetRelativePath(_root, Path.GetDirectoryName(log)!));
        }

        var violations = Violations;
        Xunit.Assert.True(violations.Count == 0, $"{violations.Count} violations of the Delta protocol:\n{string.Join('\n', violations.Take(20))}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var validator in _tables.Values)
            {
                validator.Dispose();
            }

            _tables.Clear();
        }
    }
}
