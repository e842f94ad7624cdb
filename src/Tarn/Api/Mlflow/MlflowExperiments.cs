using Tarn.Registry;

namespace Tarn;

/// <summary><c>experiments/…</c>.</summary>
internal static class MlflowExperiments
{
    public static async Task CreateAsync(MlflowCall call)
    {
        var made = await call.Registry.Experiments.CreateAsync(call.Fields.Required("name"), call.Fields.Pairs("tags"), call.Fields.Text("artifact_location"), call.Cancellation);
        await call.AnswerAsync(new MlflowExperimentId(MlflowViews.Id(made.Id)), MlflowJson.Default.MlflowExperimentId);
    }

    public static async Task GetAsync(MlflowCall call) => await call.AnswerAsync(
        new MlflowExperimentAnswer(MlflowViews.Of(await call.Registry.Experiments.GetAsync(Id(call), call.Cancellation))), MlflowJson.Default.MlflowExperimentAnswer);

    public static async Task GetByNameAsync(MlflowCall call)
    {
        var name = call.Fields.Required("experiment_name");
        var found = await call.Registry.Experiments.FindAsync(name, call.Cancellation) ?? throw new MlflowFault(MlflowFault.Missing, $"Could not find experiment with name '{name}'");
        await call.AnswerAsync(new MlflowExperimentAnswer(MlflowViews.Of(found)), MlflowJson.Default.MlflowExperimentAnswer);
    }

    public static async Task SearchAsync(MlflowCall call)
    {
        var page = await call.Registry.Experiments.SearchAsync(
            new ExperimentSearch
            {
                Filter = call.Fields.Text("filter"),
                OrderBy = call.Fields.Texts("order_by"),
                View = MlflowViews.ViewOf(call.Fields, "view_type"),
                Limit = call.Fields.MaxResults(1000, 50_000),
                Offset = call.Fields.Offset(),
            },
            call.Cancellation);
        await call.AnswerAsync(
            new MlflowExperimentsAnswer(MlflowViews.OrNull(page.Items.Select(MlflowViews.Of)), MlflowFields.Token(page.NextOffset)), MlflowJson.Default.MlflowExperimentsAnswer);
    }

    public static async Task UpdateAsync(MlflowCall call)
    {
        var id = Id(call);
        if (call.Fields.Text("new_name") is { } name)
        {
            if ((await call.Registry.Experiments.GetAsync(id, call.Cancellation)).State == LifecycleState.Deleted)
            {
                throw new MlflowFault(MlflowFault.State, "Cannot rename a non-active experiment.");
            }

            await call.Registry.Experiments.RenameAsync(id, name, call.Cancellation);
        }

        await call.AnswerAsync();
    }

    public static async Task DeleteAsync(MlflowCall call)
    {
        await call.Registry.Experiments.DeleteAsync(Id(call), call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task RestoreAsync(MlflowCall call)
    {
        await call.Registry.Experiments.RestoreAsync(Id(call), call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task SetTagAsync(MlflowCall call)
    {
        await call.Registry.Experiments.SetTagAsync(Id(call), call.Fields.Required("key"), call.Fields.Given("value"), call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task DeleteTagAsync(MlflowCall call)
    {
        await call.Registry.Experiments.DeleteTagAsync(Id(call), call.Fields.Required("key"), call.Cancellation);
        await call.AnswerAsync();
    }

    private static long Id(MlflowCall call) => MlflowViews.ExperimentId(call.Fields.Required("experiment_id"));
}
