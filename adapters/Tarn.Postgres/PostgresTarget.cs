using Tarn.Core;

namespace Tarn.Postgres;

/// <summary>The table of a PostgreSQL database that a sink writes. The sink makes it, and adds columns that it lacks.</summary>
public sealed record PostgresTarget
{
    /// <summary>Names a table.</summary>
    /// <param name="name">Its schema and name, <c>public.earthquakes</c>.</param>
    /// <exception cref="TarnException">The name is not of the form <c>schema.name</c>, each of 1 to 63 bytes.</exception>
    public PostgresTarget(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot < 1 || dot == name.Length - 1 || dot > 63 || name.Length - dot - 1 > 63 || name.IndexOf('.', dot + 1) >= 0 || name.Contains('\0', StringComparison.Ordinal))
        {
            throw TarnException.InvalidInput("A PostgreSQL table is named schema.name, each of 1 to 63 characters.", name, "For example public.earthquakes.");
        }

        Schema = name[..dot];
        Table = name[(dot + 1)..];
    }

    /// <summary>The schema; made where it is missing.</summary>
    public string Schema { get; }

    /// <summary>The table's name within the schema.</summary>
    public string Table { get; }

    /// <summary>
    /// The columns of the primary key. With a key there is one row a key, the newest version of it; without one (the default) every record is a row.
    /// </summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>
    /// The columns that order the versions of one key, compared in turn, null oldest; on a full tie the greater row wins by a hash of its content, so that the
    /// result does not depend on the order of arrival. Required with a key.
    /// </summary>
    public IReadOnlyList<string> Newest { get; init; } = [];

    /// <summary>Columns for which an index is made with the table; default none.</summary>
    public IReadOnlyList<string> Indexes { get; init; } = [];

    /// <summary>What is said of the table in the database's own catalogue; default nothing.</summary>
    public string? Description { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Schema}.{Table}";
}
