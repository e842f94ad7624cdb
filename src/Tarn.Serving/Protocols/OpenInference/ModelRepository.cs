using Microsoft.AspNetCore.Http;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>Triton's model repository extension: an index of models, and loading and unloading them by name.</summary>
internal static class ModelRepository
{
    public static async Task AnswerAsync(HttpContext http, ModelServer models, string rest)
    {
        using var body = await RequestBody.ReadAsync(http, 1 << 20).ConfigureAwait(false);
        if (rest is "index")
        {
            using var answer = PooledBuffer.Rent();
            Index(answer, models.Table, IsReadyOnly(body.Written));
            await HttpAnswer.SendJson(http, answer).ConfigureAwait(false);
            return;
        }

        var parts = rest.Split('/');
        if (parts is not ["models", var name, "load" or "unload"])
        {
            throw TarnException.NotFound("A path of the repository is /v2/repository/index, or /v2/repository/models/NAME/load or unload.", rest, "Correct the path.");
        }

        if (parts[2] is "load")
        {
            RequireNoParameters(body.Written);
            await models.LoadAsync(name, http.RequestAborted).ConfigureAwait(false);
        }
        else
        {
            CheckUnload(body.Written);
            await models.UnloadAsync(name, http.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>The state of a version, by Triton's words.</summary>
    public static string StateOf(VersionState state) => state switch
    {
        VersionState.Available => "READY",
        VersionState.Unloading => "UNLOADING",
        VersionState.Start or VersionState.Loading => "LOADING",
        _ => "UNAVAILABLE",
    };

    /// <summary>The error of a request to load that brings a configuration or files.</summary>
    public static TarnException NoParameters() => TarnException.InvalidInput(
        "A model is loaded from the registry or its folder, as it is there.", "parameters", "Register a version or write it into the folder, with its model.json, and load it without parameters.");

    private static bool IsReadyOnly(ReadOnlySpan<byte> body)
    {
        var json = JsonScanner.Of(body);
        var isReady = false;
        if (json.Peek() == 0)
        {
            return false;
        }

        json.Expect((byte)'{', "the body");
        if (json.Take((byte)'}'))
        {
            json.End();
            return false;
        }

        do
        {
            if (json.Name("the body").SequenceEqual("ready"u8))
            {
                isReady = InferBody.Flag(ref json, "ready");
            }
            else
            {
                json.Skip("the body");
            }
        }
        while (json.More((byte)'}', "the body"));
        json.End();
        return isReady;
    }

    // A configuration or files sent with the request would be another source of models: what is loaded is what the sources have.
    private static void RequireNoParameters(ReadOnlySpan<byte> body)
    {
        var json = JsonScanner.Of(body);
        if (json.Peek() == 0)
        {
            return;
        }

        json.Expect((byte)'{', "the body");
        if (json.Take((byte)'}'))
        {
            json.End();
            return;
        }

        do
        {
            if (json.Name("the body").SequenceEqual("parameters"u8))
            {
                json.Expect((byte)'{', "parameters");
                if (!json.Take((byte)'}'))
                {
                    throw NoParameters();
                }
            }
            else
            {
                json.Skip("the body");
            }
        }
        while (json.More((byte)'}', "the body"));
        json.End();
    }

    // No model here is loaded along with another, so that unload_dependents says nothing; but the body is to be JSON.
    private static void CheckUnload(ReadOnlySpan<byte> body)
    {
        var json = JsonScanner.Of(body);
        if (json.Peek() == (byte)'{')
        {
            json.Skip("the body");
        }

        json.End();
    }

    private static void Index(PooledBuffer to, ModelTable table, bool readyOnly)
    {
        to.Write((byte)'[');
        var isFirst = true;
        foreach (var model in table.All)
        {
            if (model.Versions.Count == 0 && !readyOnly)
            {
                Entry(to, ref isFirst, model.Name, null, "UNAVAILABLE", "unloaded");
            }

            foreach (var version in model.Versions)
            {
                if (!readyOnly || version.State == VersionState.Available)
                {
                    Entry(to, ref isFirst, model.Name, version.Version, StateOf(version.State), version.Error?.Message ?? "");
                }
            }
        }

        to.Write((byte)']');
    }

    private static void Entry(PooledBuffer to, ref bool isFirst, string name, long? version, string state, string reason)
    {
        to.Write(isFirst ? "{\"name\":"u8 : ",{\"name\":"u8);
        isFirst = false;
        TensorJson.Text(to, name);
        if (version is { } number)
        {
            to.Write(",\"version\":\""u8);
            TensorJson.Whole(to, number);
            to.Write((byte)'"');
        }

        to.Write(",\"state\":"u8);
        TensorJson.Text(to, state);
        to.Write(",\"reason\":"u8);
        TensorJson.Text(to, reason);
        to.Write((byte)'}');
    }
}
