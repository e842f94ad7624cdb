namespace Tarn;

/// <summary>How much a caller may do: each role may do what those before it may.</summary>
internal enum AccessRole
{
    /// <summary>Nothing but ask who one is.</summary>
    None,

    /// <summary>Reads.</summary>
    Viewer,

    /// <summary>Starts runs and backfills, pauses, predicts, sends feedback, splits traffic, logs training runs.</summary>
    Operator,

    /// <summary>Everything: keys, promotion, deletion, the audit log, and what no rule names.</summary>
    Admin,
}

/// <summary>What a request is about; the verbs of a narrowed key are the first three.</summary>
internal enum RequestKind
{
    /// <summary>It changes nothing.</summary>
    Read,

    /// <summary>It asks a model.</summary>
    Predict,

    /// <summary>It tells what a prediction should have been; the audit log has it, too.</summary>
    Feedback,

    /// <summary>It changes something: the audit log has it.</summary>
    Change,
}

/// <summary>Roles, and the verbs of keys, as text.</summary>
internal static class AccessNames
{
    public const string RoleRule = "A role is viewer, operator or admin.";
    public const string VerbRule = "A verb is predict, feedback or read.";

    public static string Of(AccessRole role) => role switch
    {
        AccessRole.Viewer => "viewer",
        AccessRole.Operator => "operator",
        AccessRole.Admin => "admin",
        _ => "none",
    };

    public static string Of(RequestKind kind) => kind switch
    {
        RequestKind.Predict => "predict",
        RequestKind.Feedback => "feedback",
        RequestKind.Read => "read",
        _ => "change",
    };

    public static AccessRole? Role(string text) => text.ToLowerInvariant() switch
    {
        "viewer" => AccessRole.Viewer,
        "operator" => AccessRole.Operator,
        "admin" => AccessRole.Admin,
        _ => null,
    };

    public static RequestKind? Verb(string text) => text.ToLowerInvariant() switch
    {
        "predict" => RequestKind.Predict,
        "feedback" => RequestKind.Feedback,
        "read" => RequestKind.Read,
        _ => null,
    };
}
