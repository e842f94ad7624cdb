using System.Globalization;
using Tarn.Core;

namespace Tarn.Lake;

/// <summary>
/// Makes the writes of an attempt at a task happen once, however often the task is tried. Within it every commit that changes rows, of any table and by any way of writing, carries
/// the transaction <c>tarn.task/APP#n</c> (<see cref="WriteOptions.Transactions"/>) with the scope's version, n being the write's number among those to the table, from 0. The
/// next attempt at the same, which begins a scope with the same id and version, finds what was committed and leaves it out: its result says so (<see cref="CommitResult.WasApplied"/>).
/// <para>
/// So writes to one table come one after the other, in an order that every attempt repeats, or they have names (<see cref="WriteOptions.Name"/>). A write that failed
/// keeps its number: what follows it is taken for its repetition. Writes that bring transactions of their own are left alone. The scope goes along with the flow of
/// the code, through awaits and into tasks that it starts; it ends when it is disposed.
/// </para>
/// </summary>
/// <example><code>
/// using (LakeWriteScope.Begin("daily/load/2026-11-22", version: 1))
/// {
///     await table.AppendAsync(rows);   // carries tarn.task/daily/load/2026-11-22#0
/// }
/// </code></example>
public sealed class LakeWriteScope : IDisposable
{
    /// <summary>What the applications' ids of scopes begin with. Only these are forgotten after a while (docs/table-log.md).</summary>
    public const string Prefix = "tarn.task/";

    private static readonly AsyncLocal<LakeWriteScope?> Ambient = new();

    private readonly LakeWriteScope? _outer;
    private readonly Dictionary<string, TableWrites> _tables = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly bool _suspends;
    private volatile bool _ended;

    private LakeWriteScope(string appId, long version, bool suspends)
    {
        AppId = appId;
        Version = version;
        _suspends = suspends;
        _outer = Ambient.Value;
        Ambient.Value = this;
    }

    /// <summary>The scope in which the code runs; null where there is none, or it is suspended.</summary>
    public static LakeWriteScope? Current
    {
        get
        {
            var scope = Ambient.Value;
            while (scope is { _ended: true })
            {
                scope = scope._outer;
            }

            return scope is { _suspends: false } ? scope : null;
        }
    }

    /// <summary>Whose writes they are, with the prefix.</summary>
    public string AppId { get; }

    /// <summary>The version that transactions carry.</summary>
    public long Version { get; }

    /// <summary>Begins a scope; dispose it to end it.</summary>
    /// <param name="appId">Whose writes they are: the same for every attempt at the same work and for no other. <see cref="Prefix"/> is put before it where it is not there.</param>
    /// <param name="version">
    /// Which run of the work: the same for every attempt; higher for a run that is to write anew. A write is left out where the table holds this version or a higher one.
    /// </param>
    /// <exception cref="TarnException">The id is empty, or the version negative.</exception>
    public static LakeWriteScope Begin(string appId, long version)
    {
        if (appId.Length == 0 || version < 0)
        {
            throw TarnException.InvalidInput("A write scope has an id, and a version that is not negative.", string.Create(CultureInfo.InvariantCulture, $"'{appId}', {version}"));
        }

        return new LakeWriteScope(appId.StartsWith(Prefix, StringComparison.Ordinal) ? appId : Prefix + appId, version, suspends: false);
    }

    /// <summary>Leaves the scope until what is returned is disposed: for writes that keep progress of their own, or that shall happen at every attempt.</summary>
    public static IDisposable Suspend() => new LakeWriteScope("", 0, suspends: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended = true;
        if (ReferenceEquals(Ambient.Value, this))
        {
            Ambient.Value = _outer;
        }
    }

    /// <summary>Writes: within a scope with its transaction, unless the write brings some.</summary>
    internal static async Task<T> WriteAsync<T>(LakeTable table, WriteOptions? options, Func<WriteOptions, Task<T>> write)
    {
        options ??= new WriteOptions();
        if (options.Transactions.Count > 0 || Current is not { } scope)
        {
            return await write(options).ConfigureAwait(false);
        }

        var writes = scope.WritesOf(table);
        var id = writes.Begin(options.Name);
        var done = false;
        try
        {
            var result = await write(options with { Scoped = new AppTransaction($"{scope.AppId}#{id}", scope.Version) }).ConfigureAwait(false);
            done = true;
            return result;
        }
        finally
        {
            writes.End(options.Name, done);
        }
    }

    private TableWrites WritesOf(LakeTable table)
    {
        lock (_gate)
        {
            var key = table.Location;
            return _tables.TryGetValue(key, out var writes) ? writes : _tables[key] = new TableWrites(this, table.Name);
        }
    }

    /// <summary>The scope's writes to one table.</summary>
    private sealed class TableWrites(LakeWriteScope scope, string table)
    {
        private readonly HashSet<string> _named = new(StringComparer.Ordinal);
        private long _next;
        private bool _busy;

        public string Begin(string? name)
        {
            lock (scope._gate)
            {
                if (name is not null)
                {
                    RequireName(name);
                    return _named.Add(name) ? name : throw TarnException.Conflict(
                        $"Within one task attempt a name stands for one write to table {table}.", name, "Give each write a name of its own, by which the next attempt knows it again.");
                }

                if (_busy)
                {
                    throw TarnException.Conflict(
                        $"Writes to table {table} at the same time within one task attempt have no order that the next attempt would repeat.", scope.AppId,
                        "Await one before the next begins, or give each a name (WriteOptions.Name).");
                }

                _busy = true;
                return _next.ToString(CultureInfo.InvariantCulture);
            }
        }

        public void End(string? name, bool done)
        {
            lock (scope._gate)
            {
                if (name is null)
                {
                    _busy = false;
                    _next += done ? 1 : 0;
                }
                else if (!done)
                {
                    _named.Remove(name);
                }
            }
        }

        private static void RequireName(string name)
        {
            if (name.Length == 0 || !char.IsAsciiLetter(name[0]))
            {
                throw TarnException.InvalidInput("A write's name begins with a letter (a number is that of a write without one).", name);
            }
        }
    }
}
