namespace Tarn.Pipelines.Tests;

/// <summary>A suite of repairs over every store, beside a lake.</summary>
public abstract class RepairContract : OrchestratorContract, IDisposable
{
    private RepairWorld? _lakeside;

    private protected RepairWorld Lakeside => _lakeside ??= new RepairWorld(store: NewStore());

    private protected PipelineWorld World => Lakeside.World;

    public void Dispose()
    {
        _lakeside?.Dispose();
        GC.SuppressFinalize(this);
    }
}
