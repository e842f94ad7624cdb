using Tarn.Core;

namespace Tarn.Lake;

public sealed partial class LakeTable
{
    /// <summary>
    /// Sets properties, such as <c>delta.appendOnly</c>, <c>delta.enableDeletionVectors</c>, <c>delta.enableChangeDataFeed</c>, <c>delta.enableTypeWidening</c>,
    /// <c>delta.columnMapping.mode</c> (<c>name</c>), and our own under <c>tarn.</c>. Where a property asks for a feature of the protocol, the table gets it, and
    /// engines that do not know it no longer read or write the table.
    /// </summary>
    /// <param name="properties">The values by the properties' names; null removes a property.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="TarnException">There is no such table, or a property is not set so.</exception>
    public Task<CommitResult> SetPropertiesAsync(IReadOnlyDictionary<string, string?> properties, CancellationToken cancellationToken = default) =>
        TableEvolution.SetPropertiesAsync(this, properties, cancellationToken);

    /// <summary>Adds columns at the end. Rows that are there have no value for them.</summary>
    /// <exception cref="TarnException">There is no such table, it has such a column, or a column is not nullable.</exception>
    public Task<CommitResult> AddColumnsAsync(IReadOnlyList<Column> columns, CancellationToken cancellationToken = default) =>
        TableEvolution.AddColumnsAsync(this, columns, cancellationToken);

    /// <summary>
    /// Gives a column a type that holds all values of its own (integer to long, float to double, date to timestamp without zone, more digits of a decimal …). Files stay as they are. The table
    /// allows it by the property <c>delta.enableTypeWidening</c>.
    /// </summary>
    /// <exception cref="TarnException">There is no such table or column, the type is not a wider one, or the table does not allow it.</exception>
    public Task<CommitResult> WidenColumnAsync(string column, ColumnType type, CancellationToken cancellationToken = default) =>
        TableEvolution.WidenAsync(this, column, type, cancellationToken);

    /// <summary>Gives a column another name. Files stay as they are: the table's columns are mapped (property <c>delta.columnMapping.mode</c>).</summary>
    /// <exception cref="TarnException">There is no such table or column, the new name is taken, or columns are not mapped.</exception>
    public Task<CommitResult> RenameColumnAsync(string column, string name, CancellationToken cancellationToken = default) =>
        TableEvolution.RenameAsync(this, column, name, cancellationToken);

    /// <summary>Drops columns. Files stay as they are: the table's columns are mapped (property <c>delta.columnMapping.mode</c>).</summary>
    /// <exception cref="TarnException">There is no such table or column, a constraint or the partitions need it, or columns are not mapped.</exception>
    public Task<CommitResult> DropColumnsAsync(IReadOnlyList<string> columns, CancellationToken cancellationToken = default) =>
        TableEvolution.DropAsync(this, columns, cancellationToken);

    /// <summary>Adds a CHECK constraint: every row satisfies the expression, those that are there and those that come.</summary>
    /// <param name="name">Its name: letters, digits and underscores.</param>
    /// <param name="expression">An SQL expression over the columns.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="TarnException">There is no such table, it has such a constraint, or a row breaks it.</exception>
    public Task<CommitResult> AddConstraintAsync(string name, string expression, CancellationToken cancellationToken = default) =>
        TableEvolution.AddConstraintAsync(this, name, expression, cancellationToken);

    /// <summary>Drops a CHECK constraint.</summary>
    /// <exception cref="TarnException">There is no such table or constraint.</exception>
    public Task<CommitResult> DropConstraintAsync(string name, CancellationToken cancellationToken = default) =>
        TableEvolution.DropConstraintAsync(this, name, cancellationToken);
}
