namespace Tarn.Lake;

/// <summary>How a model is run.</summary>
public sealed record ModelRunOptions
{
    /// <summary>
    /// The run that writes, stored in the same commit as the rows: who it is, and a number that is greater for a later run. Run again under the same number, as after a
    /// crash, it does nothing where it was done already. Default: a refresh by hand, now.
    /// </summary>
    public AppTransaction? Run { get; init; }

    /// <summary>Makes the table's columns and all of its rows anew, whatever it holds; default false. Older versions stay readable.</summary>
    public bool FullRefresh { get; init; }
}

/// <summary>What running a model did.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Action">What was done.</param>
/// <param name="Version">The table's version afterwards; null for a view.</param>
/// <param name="Rows">Rows that were written: all of a table, the changed ones of an incremental model.</param>
/// <param name="Tests">What the tests found. Those of severity error found nothing: else the run had failed.</param>
public sealed record ModelResult(string Model, ModelAction Action, long? Version, long Rows, IReadOnlyList<ModelTestResult> Tests);

/// <summary>What running a model can do.</summary>
public enum ModelAction
{
    /// <summary>All rows were replaced, or the table was made.</summary>
    Replaced,

    /// <summary>Rows were merged by their key.</summary>
    Merged,

    /// <summary>Nothing: the tables that it reads, and the model, are as they were when it was last run; or its rows are.</summary>
    Unchanged,

    /// <summary>The view was stored.</summary>
    ViewStored,
}

/// <summary>What a test found.</summary>
/// <param name="Test">The test.</param>
/// <param name="FailingRows">How many rows do not hold the rule.</param>
/// <param name="Samples">The first few of them, as <c>id=7, mag=null</c>.</param>
public sealed record ModelTestResult(ModelTest Test, long FailingRows, IReadOnlyList<string> Samples)
{
    /// <inheritdoc/>
    public override string ToString() => FailingRows == 0
        ? $"{Test}: all rows pass"
        : FormattableString.Invariant($"{Test}: {FailingRows} row{(FailingRows == 1 ? " fails" : "s fail")}, for example {string.Join("; ", Samples)}");
}
