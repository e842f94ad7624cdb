using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// The Open Inference Protocol, version 2, over REST (https://github.com/kserve/open-inference-protocol), with Triton's extensions for binary tensors, the model repository, statistics, model
/// configuration and classification. Paths begin with <c>/v2</c>; errors are <c>{"error": "…"}</c>.
/// </summary>
internal sealed class OpenInferenceApi(ServingFront front, string version) : JsonErrorApi
{
    private const string Prefix = "/v2";
    private const string Models = "/v2/models/";
    private const string Repository = "/v2/repository/";

    /// <summary>Whether a path is one of this API's.</summary>
    public static bool Owns(string path) => path.StartsWith(Prefix, StringComparison.Ordinal) && (path.Length == Prefix.Length || path[Prefix.Length] == '/');

    protected override ValueTask AnswerAsync(HttpContext http, string path)
    {
        if (path.StartsWith(Models, StringComparison.Ordinal) && path != "/v2/models/stats")
        {
            return ModelAsync(http, path);
        }

        if (path.StartsWith(Repository, StringComparison.Ordinal))
        {
            RequireMethod(http, "POST");
            return new ValueTask(ModelRepository.AnswerAsync(http, front.Models, path[Repository.Length..]));
        }

        RequireMethod(http, "GET");
        switch (path)
        {
            case "/v2" or "/v2/":
                return Send(http, static (to, self) => ServerViews.Server(to, self.Version), (front, Version: version));
            case "/v2/health/live":
                return Send(http, static (to, _) => to.Write("{\"live\":true}"u8), 0);
            case "/v2/health/ready":
                var isReady = front.Models.IsReady;
                return Send(http, static (to, ready) => to.Write(ready ? "{\"ready\":true}"u8 : "{\"ready\":false}"u8), isReady, isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
            case "/v2/models/stats":
                return Send(http, static (to, models) => StatisticsView.Write(to, models.Table.All.SelectMany(static m => m.Loaded), models.Time), front.Models);
            default:
                throw Unknown(path);
        }
    }

    private ValueTask ModelAsync(HttpContext http, string path)
    {
        if (!ModelAddress.TryParse(path.AsSpan(Models.Length), hasColon: false, out var address) || !address.Label.IsEmpty)
        {
            throw Unknown(path);
        }

        if (address.Verb is "infer")
        {
            RequireMethod(http, "POST");
            var asked = front.Choose(http, address.Name, address.Version, default, takesRemotes: true);
            return asked.Remote is null ? InferCall.RunAsync(front, http, asked) : RemoteCall.RunAsync(front, http, asked, RemoteAsk.Infer);
        }

        RequireMethod(http, "GET");
        if (address.Verb is "ready")
        {
            return Ready(http, address);
        }

        if (address.Verb is "stats" && address.Version.IsEmpty)
        {
            var served = front.Models.Table.Get(address.Name);
            return Send(http, static (to, s) => StatisticsView.Write(to, s.Loaded, s.Time), (served.Loaded, front.Models.Time));
        }

        using var chosen = front.Choose(http, address.Name, address.Version, default, takesRemotes: address.Verb is "" or "config");
        if (chosen.Remote is not null)
        {
            return RemoteCall.RunAsync(front, http, chosen, address.Verb.IsEmpty ? RemoteAsk.Metadata : RemoteAsk.Configuration);
        }

        return address.Verb switch
        {
            "" => Send(http, static (to, s) => ServerViews.Model(to, s.Model, s.Served), (chosen.Model, Served: front.Models.Table.Get(address.Name))),
            "config" => Send(http, static (to, model) => ServerViews.Configuration(to, model), chosen.Model),
            "stats" => Send(http, static (to, s) => StatisticsView.Write(to, [s.Model], s.Time), (chosen.Model, front.Models.Time)),
            _ => throw Unknown(path),
        };
    }

    private ValueTask Ready(HttpContext http, ModelAddress address)
    {
        var model = front.Models.Table.Get(address.Name);
        var isReady = ServingFront.VersionOf(address.Version) is { } number ? model.Find(number) is not null : model.Default is not null;
        if (!isReady)
        {
            throw model.NotAvailable(ServingFront.VersionOf(address.Version));
        }

        return Send(http, static (to, name) => ServerViews.Ready(to, name), model.Name);
    }

    private static ValueTask Send<T>(HttpContext http, Action<PooledBuffer, T> write, T state, int status = StatusCodes.Status200OK)
    {
        using var body = PooledBuffer.Rent();
        write(body, state);
        return new ValueTask(HttpAnswer.SendJson(http, body, status));
    }

    private static TarnException Unknown(string path) => TarnException.NotFound(
        "A path of this API is /v2, /v2/health/live, /v2/health/ready, /v2/models/NAME[/versions/N][/infer|/ready|/config|/stats], /v2/models/stats, /v2/repository/index, or /v2/repository/models/NAME/load or unload.",
        path,
        "Correct the path.");
}
