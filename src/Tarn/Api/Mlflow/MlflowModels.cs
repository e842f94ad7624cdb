using Tarn.Registry;

namespace Tarn;

/// <summary><c>registered-models/…</c>.</summary>
internal static class MlflowModels
{
    public static async Task CreateAsync(MlflowCall call)
    {
        var f = call.Fields;
        await AnswerAsync(call, await call.Registry.Models.CreateAsync(f.Required("name"), f.Text("description") ?? "", f.Pairs("tags"), call.Cancellation));
    }

    public static async Task GetAsync(MlflowCall call) => await AnswerAsync(call, await call.Registry.Models.GetAsync(call.Fields.Required("name"), call.Cancellation));

    public static async Task RenameAsync(MlflowCall call) =>
        await AnswerAsync(call, await call.Registry.Models.RenameAsync(call.Fields.Required("name"), call.Fields.Required("new_name"), call.Cancellation));

    public static async Task UpdateAsync(MlflowCall call) =>
        await AnswerAsync(call, await call.Registry.Models.DescribeAsync(call.Fields.Required("name"), call.Fields.Text("description") ?? "", call.Cancellation));

    public static async Task DeleteAsync(MlflowCall call)
    {
        await call.Registry.Models.DeleteAsync(call.Fields.Required("name"), call.Change with { Reason = "The model was deleted." }, call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task SearchAsync(MlflowCall call)
    {
        var page = await call.Registry.Models.SearchAsync(MlflowVersions.Search(call.Fields, 100, 1000), call.Cancellation);
        var latest = await call.Registry.Models.LatestByStageAsync([.. page.Items.Select(static m => m.Name)], call.Cancellation);
        await call.AnswerAsync(
            new MlflowModelsAnswer(MlflowViews.OrNull(page.Items.Select(m => MlflowViews.Of(m, latest[m.Name]))), MlflowFields.Token(page.NextOffset)), MlflowJson.Default.MlflowModelsAnswer);
    }

    public static async Task LatestVersionsAsync(MlflowCall call)
    {
        var name = call.Fields.Required("name");
        await call.Registry.Models.GetAsync(name, call.Cancellation);
        var stages = call.Fields.Texts("stages");
        if (stages.FirstOrDefault(static s => !ModelStages.All.Contains(s, StringComparer.OrdinalIgnoreCase)) is { } wrong)
        {
            throw new MlflowFault(MlflowFault.Invalid, $"Invalid Model Version stage: {wrong}. Value must be one of {string.Join(", ", ModelStages.All)}.");
        }

        var latest = (await call.Registry.Models.LatestByStageAsync([name], call.Cancellation))[name].Where(v => stages.Count == 0 || stages.Contains(v.Stage, StringComparer.OrdinalIgnoreCase));
        await call.AnswerAsync(new MlflowVersionsAnswer(MlflowViews.OrNull(latest.Select(MlflowViews.Of)), null), MlflowJson.Default.MlflowVersionsAnswer);
    }

    public static async Task SetTagAsync(MlflowCall call)
    {
        await call.Registry.Models.SetTagAsync(call.Fields.Required("name"), call.Fields.Required("key"), call.Fields.Given("value"), call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task DeleteTagAsync(MlflowCall call)
    {
        await call.Registry.Models.DeleteTagAsync(call.Fields.Required("name"), call.Fields.Required("key"), call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task SetAliasAsync(MlflowCall call)
    {
        var f = call.Fields;
        await call.Registry.Models.SetAliasAsync(f.Required("name"), f.Required("alias"), MlflowViews.VersionNumber(f.Required("version")), call.Change, call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task DeleteAliasAsync(MlflowCall call)
    {
        await call.Registry.Models.DeleteAliasAsync(call.Fields.Required("name"), call.Fields.Required("alias"), call.Change, call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task GetByAliasAsync(MlflowCall call)
    {
        var alias = call.Fields.Required("alias");
        var found = await call.Registry.Models.FindByAliasAsync(call.Fields.Required("name"), alias, call.Cancellation)
            ?? throw new MlflowFault(MlflowFault.Invalid, $"Registered model alias {alias} not found.");
        await call.AnswerAsync(new MlflowVersionAnswer(MlflowViews.Of(found)), MlflowJson.Default.MlflowVersionAnswer);
    }

    private static async Task AnswerAsync(MlflowCall call, RegisteredModel model)
    {
        var latest = await call.Registry.Models.LatestByStageAsync([model.Name], call.Cancellation);
        await call.AnswerAsync(new MlflowModelAnswer(MlflowViews.Of(model, latest[model.Name])), MlflowJson.Default.MlflowModelAnswer);
    }
}
