namespace Tarn.Lake;

/// <summary>A table as queries read it: one of the lake, or one elsewhere.</summary>
/// <param name="Name">What it is called: <c>layer.name</c>, or where it is.</param>
/// <param name="Store">The store that holds it.</param>
/// <param name="Folder">Its folder there.</param>
/// <param name="Log">Its log.</param>
/// <param name="Files">Brings its files to DuckDB.</param>
internal sealed record TableSource(string Name, ObjectStore Store, string Folder, TableLog Log, ParquetFiles Files)
{
    public static TableSource Of(LakeTable table) => new(table.Name, table.Owner.Store, table.Folder, table.Log, table.Owner.Files);
}
